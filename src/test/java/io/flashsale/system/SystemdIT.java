package io.flashsale.system;

import static io.flashsale.system.OrderIT.read;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The unit of {@code deploy/systemd}, as far as it can be run without systemd. */
final class SystemdIT {

  private static final Path UNIT = Path.of("deploy/systemd/flashsale.service");

  @TempDir Path directory;

  @Test
  void aNodeRunsAsTheUnitSaysAndOpensTheSaleOfTheHour() throws IOException {
    String home = only("WorkingDirectory");
    List<String> settings = new ArrayList<>(List.of("JAVA_OPTS", ""));
    for (String variable : values("Environment")) {
      String[] nameAndValue = variable.split("=", 2);
      settings.add(nameAndValue[0]);
      settings.add(nameAndValue[1].replace(home, directory.toString()));
    }
    assertThat(only("ExecStart")).isEqualTo("/opt/flashsale/bin/flashsale"); // as Server's

    try (Server server = new Server(directory, settings.toArray(String[]::new)).start()) {
      JsonNode sale = read(new Shop(server).get("/sales/active"));
      long end = Instant.parse(sale.path("ended_at").asText()).toEpochMilli();
      assertThat(sale.path("total_items").asInt()).isEqualTo(10_000);
      assertThat(end % Duration.ofHours(1).toMillis()).isZero();
      assertThat(end - System.currentTimeMillis()).isLessThan(Duration.ofHours(1).toMillis());
      assertThat(directory.resolve("postgresql/postmaster.pid")).exists(); // below StateDirectory

      long asked = System.nanoTime();
      server.terminate();
      assertThat(server.awaitEnd()).isZero();
      assertThat(Duration.ofNanos(System.nanoTime() - asked))
          .isLessThan(Duration.ofSeconds(Long.parseLong(only("TimeoutStopSec"))));
    }
  }

  private static String only(String name) throws IOException {
    assertThat(values(name)).hasSize(1);
    return values(name).getFirst();
  }

  private static List<String> values(String name) throws IOException {
    try (var lines = Files.lines(UNIT)) {
      return lines
          .filter(line -> line.startsWith(name + "="))
          .map(line -> line.substring(name.length() + 1))
          .toList();
    }
  }
}
