package io.flashsale.load;

import java.util.ArrayList;
import java.util.List;

/**
 * Simulations one after the other in this JVM, which knows Gatling from the second one on: {@code
 * SellOut,users=60,items=300 RejectStorm,duration=3s}. What follows a name is set for it alone, as
 * by {@code -D}.
 */
final class Several {

  private Several() {}

  /** Exits with 1 if any has failed; all are run. */
  public static void main(String[] args) {
    List<String> failed = new ArrayList<>();
    for (String arg : args) {
      String[] words = arg.split(",", -1);
      for (int i = 1; i < words.length; i++) {
        String[] setting = words[i].split("=", 2);
        System.setProperty(setting[0], setting.length == 2 ? setting[1] : "");
      }
      int status =
          io.gatling.app.Gatling$.MODULE$.fromArgs(
              new String[] {"-s", "io.flashsale.load." + words[0], "-rf", "target/gatling"});
      if (status != 0) {
        failed.add(words[0]);
      }
      for (int i = 1; i < words.length; i++) {
        System.clearProperty(words[i].split("=", 2)[0]);
      }
    }
    System.out.println("failed: " + (failed.isEmpty() ? "none" : String.join(" ", failed)));
    System.exit(failed.isEmpty() ? 0 : 1);
  }
}
