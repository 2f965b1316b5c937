import com.google.googlejavaformat.java.Main;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs google-java-format over every Java file below the given directories: {@code check|write DIRECTORY...} */
final class Format {
  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    List<String> command = new ArrayList<>(write ? List.of("--replace") : List.of("--dry-run", "--set-exit-if-changed"));
    for (int i = 1; i < args.length; i++) {
      try (var files = Files.walk(Path.of(args[i]))) {
        files.map(Path::toString).filter(name -> name.endsWith(".java")).sorted().forEach(command::add);
      }
    }
    var out = new PrintWriter(System.out, true);
    int status = new Main(out, new PrintWriter(System.err, true), System.in).format(command.toArray(String[]::new));
    if (status != 0 && !write) {
      System.err.println("These files are not formatted. Mend them with: ./mvnw process-sources -Dformat=write");
    }
    System.exit(status);
  }
}
