import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Draws the percentiles of a Gatling report over time: {@code java gatling/Percentiles.java
 * gatling/target/gatling/spike-... > spike.svg}. The log of a run is in a format of Gatling's own;
 * what is drawn here is in its report, whose page has it as {@code name: '99%', data: [[millis,
 * ms], ...]}.
 */
final class Percentiles {

  private static final int WIDTH = 640;
  private static final int HEIGHT = 240;
  private static final int LEFT = 60;
  private static final int RIGHT = 50;
  private static final int TOP = 30;
  private static final int BOTTOM = 30;

  private record Line(String name, String color, List<long[]> points) {}

  public static void main(String[] args) throws Exception {
    if (args.length != 1) {
      System.err.println("Percentiles: name one report, like gatling/target/gatling/spike-...");
      System.exit(1);
    }
    String page = Files.readString(Path.of(args[0], "index.html"));
    List<Line> lines =
        List.of(
            line(page, "50%", "#1b7837"),
            line(page, "95%", "#e08214"),
            line(page, "99%", "#b2182b"));
    System.out.print(svg(Path.of(args[0]).getFileName().toString(), lines));
  }

  private static Line line(String page, String name, String color) {
    Matcher series =
        Pattern.compile("name: '" + name + "',\\s*data: \\[(.*?)\\],\\s*tooltip", Pattern.DOTALL)
            .matcher(page);
    if (!series.find()) {
      System.err.println("Percentiles: the report has no " + name);
      System.exit(1);
    }
    List<long[]> points = new ArrayList<>();
    Matcher point = Pattern.compile("\\[(\\d+), (\\d+)\\]").matcher(series.group(1));
    while (point.find()) {
      points.add(new long[] {Long.parseLong(point.group(1)), Long.parseLong(point.group(2))});
    }
    return new Line(name, color, points);
  }

  private static String svg(String title, List<Line> lines) {
    long from = Long.MAX_VALUE;
    long to = 0;
    long most = 1;
    for (Line line : lines) {
      for (long[] point : line.points()) {
        from = Math.min(from, point[0]);
        to = Math.max(to, point[0]);
        most = Math.max(most, point[1]);
      }
    }
    to = Math.max(to, from + 1);
    StringBuilder svg = new StringBuilder();
    svg.append("<svg xmlns='http://www.w3.org/2000/svg' font-family='sans-serif' font-size='11'");
    svg.append(" viewBox='0 0 " + WIDTH + " " + HEIGHT + "'>\n");
    svg.append("<rect width='100%' height='100%' fill='white'/>\n");
    text(svg, LEFT, 18, "start", title.replaceAll("-\\d+$", "") + ": response times, ms");
    for (int part = 0; part <= 4; part++) {
      int y = y(most * part / 4, most);
      svg.append("<path d='M%d %dH%d' stroke='#ddd'/>%n".formatted(LEFT, y, WIDTH - RIGHT));
      text(svg, LEFT - 6, y + 4, "end", Long.toString(most * part / 4));
      long at = from + (to - from) * part / 4;
      text(svg, x(at, from, to), HEIGHT - 10, "middle", Math.round((at - from) / 1000.0) + " s");
    }
    for (Line line : lines) {
      StringBuilder path = new StringBuilder();
      for (long[] point : line.points()) {
        path.append(path.isEmpty() ? "M" : "L");
        path.append(x(point[0], from, to)).append(' ').append(y(point[1], most));
      }
      svg.append(
          "<path d='%s' fill='none' stroke='%s' stroke-width='1.5'/>%n"
              .formatted(path, line.color()));
    }
    for (int i = 0; i < lines.size(); i++) {
      svg.append("<g fill='").append(lines.get(i).color()).append("'>");
      text(svg, WIDTH - RIGHT + 8, TOP + 14 * (lines.size() - i), "start", lines.get(i).name());
      svg.append("</g>\n");
    }
    return svg.append("</svg>\n").toString();
  }

  private static void text(StringBuilder svg, int x, int y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT, "<text x='%d' y='%d' text-anchor='%s'>%s</text>%n", x, y, anchor, text));
  }

  private static int x(long at, long from, long to) {
    return LEFT + (int) ((WIDTH - LEFT - RIGHT) * (at - from) / (to - from));
  }

  private static int y(long millis, long most) {
    return HEIGHT - BOTTOM - (int) ((HEIGHT - TOP - BOTTOM) * millis / most);
  }
}
