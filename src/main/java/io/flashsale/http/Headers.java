package io.flashsale.http;

import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpRequest;
import java.util.ArrayList;
import java.util.List;

/** Headers that may be there more than once. */
final class Headers {

  private Headers() {}

  /** The values of all of this name, which is in lower case, in their order. */
  static List<String> all(HttpRequest request, String name) {
    List<String> values = new ArrayList<>(1);
    for (HttpHeader header : request.getHeaders()) {
      if (header.is(name)) {
        values.add(header.value());
      }
    }
    return values;
  }
}
