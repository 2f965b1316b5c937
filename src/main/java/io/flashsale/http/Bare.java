package io.flashsale.http;

import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;

/** What every answer begins with: headers that are always the same, and made once. */
final class Bare {

  /** An answer that anybody may keep, if it says so itself. */
  static final HttpResponse PUBLIC =
      HttpResponse.create().addHeader(RawHeader.create("X-Content-Type-Options", "nosniff"));

  /** An answer that nobody is to keep: it is true now, or for one client. */
  static final HttpResponse PRIVATE =
      PUBLIC.addHeader(RawHeader.create("Cache-Control", "no-store"));

  private Bare() {}
}
