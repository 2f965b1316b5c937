package io.flashsale.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.Map;

/** The configuration of the program, without a cluster. */
final class ProgramConfig {

  private ProgramConfig() {}

  static Config withDatabaseAt(int port) {
    String database = "akka-persistence-jdbc.shared-databases.slick.db.";
    return ConfigFactory.parseMap(
            Map.of(
                database + "url",
                "jdbc:postgresql://localhost:" + port + "/postgres",
                database + "user",
                "postgres",
                database + "password",
                "",
                "akka.actor.provider",
                "local"))
        .withFallback(ConfigFactory.load());
  }
}
