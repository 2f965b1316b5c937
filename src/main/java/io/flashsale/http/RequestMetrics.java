package io.flashsale.http;

import akka.http.javadsl.model.HttpResponse;
import io.flashsale.metrics.Histogram;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * What was asked, how it was answered, and how long that took. All that is exported is made of two
 * tables, of which an answer touches a cell each: a plain refusal takes some microseconds, and
 * counting it must be no part of them (RecordingBenchmark).
 *
 * <p>An answer counts when it is known, also if the client has gone away meanwhile: so that the
 * successes are those of the journal.
 */
@SuppressWarnings("EnumOrdinal") // the index of a table that dies with the process
public final class RequestMetrics {

  private static final Endpoint[] ENDPOINTS = Endpoint.values();
  private static final Problem[] PROBLEMS = Problem.values();

  /** Of answers that are no problem; the last place is for any other. */
  private static final int[] STATUSES = {200, 101, 201, 202, 204, 503};

  private static final int OUTCOMES = PROBLEMS.length + STATUSES.length + 1;

  /** What a time is told apart by: refusals are many and quick, and would hide the rest. */
  private enum Result {
    OK,
    REFUSED,
    FAILED
  }

  private static final Result[] RESULTS = Result.values();

  /** Shown from the beginning, so that the first one is an increase. */
  private static final Set<Problem> OF_A_CHECKOUT =
      EnumSet.of(
          Problem.INVALID_PARAMETER,
          Problem.ITEM_RESERVED,
          Problem.ITEM_SOLD,
          Problem.SOLD_OUT,
          Problem.LIMIT_REACHED,
          Problem.NO_SALE,
          Problem.STARTING,
          Problem.STOPPING,
          Problem.OVERLOADED,
          Problem.OUTCOME_UNKNOWN);

  private static final Set<Problem> OF_A_PURCHASE =
      EnumSet.of(
          Problem.INVALID_PARAMETER,
          Problem.CHECKOUT_UNKNOWN,
          Problem.CHECKOUT_EXPIRED,
          Problem.ALREADY_PURCHASED,
          Problem.STARTING,
          Problem.STOPPING,
          Problem.OVERLOADED,
          Problem.OUTCOME_UNKNOWN);

  private final LongAdder[][] answers = new LongAdder[ENDPOINTS.length][OUTCOMES];
  private final Histogram[][] times = new Histogram[ENDPOINTS.length][RESULTS.length];

  /** Nothing is counted yet. */
  public RequestMetrics() {
    for (int i = 0; i < ENDPOINTS.length; i++) {
      answers[i] = Stream.generate(LongAdder::new).limit(OUTCOMES).toArray(LongAdder[]::new);
      times[i] =
          Stream.generate(Histogram::ofTimes).limit(RESULTS.length).toArray(Histogram[]::new);
    }
  }

  /** From any thread. */
  void answered(Endpoint endpoint, HttpResponse response, long nanos) {
    Problem problem = Problem.of(response);
    int status = problem == null ? response.status().intValue() : problem.status();
    int outcome = problem == null ? PROBLEMS.length + place(status) : problem.ordinal();
    answers[endpoint.ordinal()][outcome].increment();
    times[endpoint.ordinal()][result(status).ordinal()].record(nanos);
  }

  private static int place(int status) {
    int place = 0;
    while (place < STATUSES.length && STATUSES[place] != status) {
      place++;
    }
    return place;
  }

  private static Result result(int status) {
    return status < 400 ? Result.OK : status < 500 ? Result.REFUSED : Result.FAILED;
  }

  private long count(Endpoint endpoint, int outcome) {
    return answers[endpoint.ordinal()][outcome].sum();
  }

  // ---------------------------------------------------------------- what Prometheus hears

  /** What there is at this moment. */
  public List<MetricSnapshot> snapshots() {
    return List.of(
        requests(),
        problems(),
        seconds(),
        attempts("checkout", "Checkouts that were answered, in whatever way", Endpoint.CHECK_OUT),
        successes("checkout", "Checkouts that were answered 200", Endpoint.CHECK_OUT),
        failures("checkout", "Checkouts that were refused", Endpoint.CHECK_OUT, OF_A_CHECKOUT),
        attempts("purchase", "Purchases that were answered, in whatever way", Endpoint.PURCHASE),
        successes("purchase", "Purchases that were answered 200", Endpoint.PURCHASE),
        failures("purchase", "Purchases that were refused", Endpoint.PURCHASE, OF_A_PURCHASE));
  }

  private MetricSnapshot requests() {
    CounterSnapshot.Builder all =
        CounterSnapshot.builder()
            .name("http_requests")
            .help("Requests that were answered, by what was asked and the status");
    for (Endpoint endpoint : ENDPOINTS) {
      Map<String, Long> byStatus = new TreeMap<>();
      for (int outcome = 0; outcome < OUTCOMES; outcome++) {
        byStatus.merge(status(outcome), count(endpoint, outcome), Long::sum);
      }
      byStatus.forEach(
          (status, count) -> {
            if (count > 0 || (endpoint.isHot() && status.equals("200"))) {
              all.dataPoint(
                  point(
                      count,
                      "method",
                      endpoint.method(),
                      "route",
                      endpoint.route(),
                      "status",
                      status));
            }
          });
    }
    return all.build();
  }

  private static String status(int outcome) {
    if (outcome < PROBLEMS.length) {
      return Integer.toString(PROBLEMS[outcome].status());
    }
    int place = outcome - PROBLEMS.length;
    return place < STATUSES.length ? Integer.toString(STATUSES[place]) : "other";
  }

  private MetricSnapshot problems() {
    CounterSnapshot.Builder all =
        CounterSnapshot.builder()
            .name("http_problems")
            .help(
                "Requests that were refused or failed, by what was asked and the code of the"
                    + " problem");
    for (Endpoint endpoint : ENDPOINTS) {
      Map<String, Long> byCode = new TreeMap<>();
      for (Problem problem : PROBLEMS) {
        byCode.merge(problem.code(), count(endpoint, problem.ordinal()), Long::sum);
      }
      byCode.forEach(
          (code, count) -> {
            if (count > 0) {
              all.dataPoint(
                  point(
                      count,
                      "method",
                      endpoint.method(),
                      "route",
                      endpoint.route(),
                      "reason",
                      code));
            }
          });
    }
    return all.build();
  }

  private MetricSnapshot seconds() {
    HistogramSnapshot.Builder all =
        HistogramSnapshot.builder()
            .name("http_request_duration_seconds")
            .help(
                "From the headers of a request to its answer; result is ok, refused (4xx) or failed"
                    + " (5xx)");
    for (Endpoint endpoint : ENDPOINTS) {
      for (Result result : RESULTS) {
        Histogram histogram = times[endpoint.ordinal()][result.ordinal()];
        if (endpoint.isHot() || histogram.count() > 0) {
          all.dataPoint(
              histogram.snapshot(
                  Labels.of(
                      "method",
                      endpoint.method(),
                      "result",
                      result.name().toLowerCase(Locale.ROOT),
                      "route",
                      endpoint.route())));
        }
      }
    }
    return all.build();
  }

  private MetricSnapshot attempts(String what, String help, Endpoint endpoint) {
    long all = 0;
    for (int outcome = 0; outcome < OUTCOMES; outcome++) {
      all += count(endpoint, outcome);
    }
    return CounterSnapshot.builder()
        .name(what + "_attempts")
        .help(help)
        .dataPoint(point(all))
        .build();
  }

  private MetricSnapshot successes(String what, String help, Endpoint endpoint) {
    return CounterSnapshot.builder()
        .name(what + "_success")
        .help(help)
        .dataPoint(point(count(endpoint, PROBLEMS.length)))
        .build();
  }

  private MetricSnapshot failures(String what, String help, Endpoint endpoint, Set<Problem> shown) {
    CounterSnapshot.Builder all =
        CounterSnapshot.builder()
            .name(what + "_failure")
            .help(help + ", by the code of the problem");
    for (Problem problem : PROBLEMS) {
      long count = count(endpoint, problem.ordinal());
      if (count > 0 || shown.contains(problem)) {
        all.dataPoint(point(count, "reason", problem.code()));
      }
    }
    return all.build();
  }

  private static CounterDataPointSnapshot point(long value, String... labels) {
    return CounterDataPointSnapshot.builder()
        .labels(Labels.of(labels))
        .value((double) value)
        .build();
  }
}
