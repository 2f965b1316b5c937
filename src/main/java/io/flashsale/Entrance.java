package io.flashsale;

import io.flashsale.security.ServerTls;
import io.flashsale.security.TokenVerifier;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * What the API's port needs besides the program, and what can be wrong with it: keys and
 * certificates. They are read before anything is started.
 *
 * @param tokens null: nobody is asked for one
 * @param tls null: connections are not encrypted
 */
record Entrance(@Nullable TokenVerifier tokens, @Nullable ServerTls tls) implements AutoCloseable {

  /** Of a node that nobody else can reach. */
  static final Entrance OPEN = new Entrance(null, null);

  /**
   * Reads files, and asks the URL of the keys if there is one.
   *
   * @throws io.flashsale.ops.OperatorException if something cannot be used
   */
  static Entrance of(Settings.Http http, InstantSource clock) {
    Settings.ApiTls files = http.tls();
    ServerTls tls = files == null ? null : ServerTls.load(files.certificate(), files.key(), clock);
    Settings.Auth auth = http.auth();
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    return new Entrance(
        auth == null ? null : new TokenVerifier(auth.keys(), auth.rules(), threads, clock), tls);
  }

  @Override
  public void close() {
    if (tokens != null) {
      tokens.close();
    }
  }
}
