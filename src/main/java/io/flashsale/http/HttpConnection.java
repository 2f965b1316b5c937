package io.flashsale.http;

import akka.Done;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.Connection;
import akka.stream.Attributes;
import akka.stream.FlowShape;
import akka.stream.Inlet;
import akka.stream.Outlet;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Source;
import akka.stream.stage.AbstractInHandler;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.AsyncCallback;
import akka.stream.stage.GraphStage;
import akka.stream.stage.GraphStageLogic;
import akka.stream.stage.TimerGraphStageLogic;
import akka.util.ByteString;
import io.flashsale.tracing.Step;
import io.flashsale.tracing.Tracing;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client: bytes in, bytes out. {@linkplain PlainRequest Plain requests} are
 * answered one after the other from their bytes, which costs a fraction of what the stages of Akka
 * HTTP do. The first request that is not plain takes the connection with it: from then on all bytes
 * go through Akka HTTP, whose stages are only made now.
 */
final class HttpConnection extends GraphStage<FlowShape<ByteString, ByteString>> {

  private static final byte[] NOTHING = {};

  /**
   * From one request to the next. Akka HTTP itself would wait as long as a byte comes now and then.
   */
  static final Duration NEXT_WITHIN = Duration.ofMinutes(2);

  /** How often a connection is looked at before its first request is late. */
  private static final int LOOKS = 4;

  private static final String LOOK = "look";

  /** Said with the last answer. */
  static final HttpHeader CLOSE = Connection.create("close");

  private final Inlet<ByteString> in = Inlet.create("http.in");
  private final Outlet<ByteString> out = Outlet.create("http.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);

  private final Surroundings surroundings;
  private final Plain plain;
  private final Function<Requests, Flow<ByteString, ByteString, ?>> allOfHttp;
  private final CompletableFuture<Done> ended = new CompletableFuture<>();

  /** Answers a plain request, or gives null to leave it to Akka HTTP. */
  @FunctionalInterface
  interface Plain {
    /** The context is that of the step of the request, if it is followed. */
    @Nullable CompletionStage<HttpResponse> answer(PlainRequest request, @Nullable String trace);
  }

  /**
   * What all connections have in common.
   *
   * @param firstWithin by when the first request has arrived, or the connection is closed
   * @param idleTimeout after which a connection without a byte, or of which none is taken, is
   *     closed
   * @param leaving whether each connection is to end with its next answer
   * @param opened gets what closes a connection once the request that is being worked on is
   *     answered
   */
  record Surroundings(
      RequestMetrics metrics,
      Tracing tracing,
      ResponseBytes responses,
      Duration firstWithin,
      Duration idleTimeout,
      BooleanSupplier leaving,
      Consumer<AsyncCallback<Done>> opened,
      Consumer<AsyncCallback<Done>> closed) {}

  /** What the stages of Akka HTTP tell their connection. */
  interface Requests {

    /** A request has arrived. */
    void arrived();

    /** It has no answer that ends: no other request is expected. */
    void stays();
  }

  /**
   * Begins when it is materialized, which it may be once.
   *
   * @param plain answers a plain request, or gives null to leave it to Akka HTTP
   * @param allOfHttp makes the stages of Akka HTTP with all routes, which say what happens to
   *     requests
   */
  HttpConnection(
      Surroundings surroundings,
      Plain plain,
      Function<Requests, Flow<ByteString, ByteString, ?>> allOfHttp) {
    this.surroundings = surroundings;
    this.plain = plain;
    this.allOfHttp = allOfHttp;
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  /** Completed when the connection is closed, for whatever reason. */
  CompletionStage<Done> ended() {
    return ended;
  }

  private final class Logic extends TimerGraphStageLogic implements Requests {

    private final AsyncCallback<HttpResponse> answered = createAsyncCallback(this::onAnswer);
    private final AsyncCallback<Done> closing = createAsyncCallback(_ -> close());

    /** What has come and is not answered yet; no more is read before it is. */
    private byte[] bytes = NOTHING;

    private int at;
    private boolean asked;
    private @Nullable String requestId; // of what is asked
    private boolean last;
    private @Nullable ByteString unsent;
    private @Nullable SubSourceOutlet<ByteString> toHttp;
    private final Duration look = surroundings.firstWithin.dividedBy(LOOKS);
    private final long mostWithoutAByte = looksIn(surroundings.idleTimeout);
    private int looksWithoutAByte;
    private int looksWithoutAPull;
    private long looksWithoutARequest;
    private long mostWithoutARequest = LOOKS;

    Logic() {
      super(shape);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              looksWithoutAByte = 0;
              bytes = grab(in).toArrayUnsafe();
              at = 0;
              next();
            }

            /** Only one half may be closed: what was asked before is answered. */
            @Override
            public void onUpstreamFinish() {
              if (!asked && unsent == null && at == bytes.length) {
                completeStage();
              }
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              if (unsent != null) {
                ByteString response = unsent;
                unsent = null;
                send(response);
              } else if (!asked && at < bytes.length) {
                next();
              }
            }
          });
    }

    @Override
    public void preStart() {
      surroundings.opened.accept(closing);
      scheduleWithFixedDelay(LOOK, look, look);
      pull(in);
    }

    @Override
    public void postStop() {
      surroundings.closed.accept(closing);
      ended.complete(Done.getInstance());
    }

    @Override
    public void onTimer(Object timer) {
      looksWithoutAPull = isAvailable(out) ? 0 : looksWithoutAPull + 1;
      if (looksWithoutAPull > mostWithoutAByte) {
        failStage(
            new IOException("The answer is not read")); // the line is cut: nothing more gets out
        return;
      }
      looksWithoutAByte++;
      looksWithoutARequest++;
      boolean idle = looksWithoutAByte > mostWithoutAByte;
      if (!asked && (idle || looksWithoutARequest > mostWithoutARequest)) {
        close();
      }
    }

    @Override
    public void arrived() {
      looksWithoutARequest = 0;
      mostWithoutARequest = looksIn(NEXT_WITHIN);
    }

    /** It is looked at for bytes only, in either direction. */
    @Override
    public void stays() {
      mostWithoutARequest = Long.MAX_VALUE;
    }

    /** By long division: the one of Duration is decimal, and costs as much as all of a refusal. */
    private long looksIn(Duration time) {
      return time.toMillis() / look.toMillis();
    }

    private void next() {
      long began = System.nanoTime();
      PlainRequest request = PlainRequest.read(bytes, at, bytes.length);
      if (request == null) {
        handOver();
        return;
      }
      Endpoint endpoint = request.isCheckOut() ? Endpoint.CHECK_OUT : Endpoint.PURCHASE;
      Step step = Followed.begin(surroundings.tracing, endpoint, request.traceparent());
      CompletionStage<HttpResponse> answer = plain.answer(request, step.context());
      if (answer == null) {
        handOver(); // where it is followed from its beginning
        return;
      }
      at = request.end();
      asked = true;
      requestId = request.requestId();
      arrived();
      CompletableFuture<HttpResponse> known = answer.toCompletableFuture();
      if (known.isDone()) {
        onAnswer(count(request, known.join(), began, step));
      } else {
        var _ = // never fails: Door
            known.thenAccept(response -> answered.invoke(count(request, response, began, step)));
      }
    }

    private HttpResponse count(PlainRequest request, HttpResponse response, long began, Step step) {
      Endpoint endpoint = request.isCheckOut() ? Endpoint.CHECK_OUT : Endpoint.PURCHASE;
      long took = System.nanoTime() - began;
      surroundings.metrics.answered(endpoint, response, took);
      RequestLog.answered(endpoint, response, took, request.requestId(), step);
      Followed.end(step, response);
      return response;
    }

    private void onAnswer(HttpResponse response) {
      asked = false;
      looksWithoutAByte = 0;
      boolean leaving = surroundings.leaving.getAsBoolean();
      last |= leaving || response == Problem.STOPPING.response();
      ByteString rendered =
          surroundings.responses.of(leaving ? response.addHeader(CLOSE) : response, requestId);
      if (isAvailable(out)) {
        send(rendered);
      } else {
        unsent = rendered;
      }
    }

    private void send(ByteString response) {
      push(out, response);
      boolean all = at == bytes.length;
      if (last || (all && isClosed(in))) {
        completeStage();
      } else if (all && !hasBeenPulled(in)) {
        bytes = NOTHING;
        at = 0;
        pull(in);
      }
    }

    private void close() {
      if (toHttp != null) {
        if (!isClosed(in)) {
          cancel(in);
        }
        toHttp.complete();
      } else if (asked || unsent != null) {
        last = true;
      } else {
        completeStage();
      }
    }

    // ---------------------------------------------------------------- the rest is Akka HTTP's

    private void handOver() {
      SubSourceOutlet<ByteString> source = new SubSourceOutlet<>("http.rest.in");
      SubSinkInlet<ByteString> sink = new SubSinkInlet<>("http.rest.out");
      toHttp = source;
      source.setHandler(new First(source));
      setHandler(in, new Reading(source));
      sink.setHandler(new Answering(sink));
      setHandler(out, new Sending(sink));
      Source.fromGraph(source.source())
          .via(allOfHttp.apply(this))
          .runWith(sink.sink(), subFusingMaterializer());
      if (isAvailable(out)) {
        sink.pull();
      }
    }

    /** What has been read before goes first. */
    private final class First extends AbstractOutHandler {
      private final SubSourceOutlet<ByteString> source;

      First(SubSourceOutlet<ByteString> source) {
        this.source = source;
      }

      @Override
      public void onPull() {
        if (at < bytes.length) {
          ByteString rest = ByteString.fromArrayUnsafe(bytes, at, bytes.length - at);
          bytes = NOTHING;
          at = 0;
          source.push(rest);
          if (isClosed(in)) {
            source.complete();
          }
        } else if (!isClosed(in) && !hasBeenPulled(in)) {
          pull(in);
        }
      }

      @Override
      public void onDownstreamFinish(Throwable cause) {
        if (!isClosed(in)) {
          cancel(in, cause);
        }
      }
    }

    private final class Reading extends AbstractInHandler {
      private final SubSourceOutlet<ByteString> source;

      Reading(SubSourceOutlet<ByteString> source) {
        this.source = source;
      }

      @Override
      public void onPush() {
        looksWithoutAByte = 0;
        source.push(grab(in));
      }

      @Override
      public void onUpstreamFinish() {
        if (at == bytes.length) {
          source.complete();
        }
      }

      @Override
      public void onUpstreamFailure(Throwable failure) {
        source.fail(failure);
      }
    }

    private final class Answering extends AbstractInHandler {
      private final SubSinkInlet<ByteString> sink;

      Answering(SubSinkInlet<ByteString> sink) {
        this.sink = sink;
      }

      @Override
      public void onPush() {
        looksWithoutAByte = 0;
        push(out, sink.grab());
      }

      @Override
      public void onUpstreamFinish() {
        complete(out);
      }

      @Override
      public void onUpstreamFailure(Throwable failure) {
        fail(out, failure);
      }
    }
  }

  private static final class Sending extends AbstractOutHandler {
    private final GraphStageLogic.SubSinkInlet<ByteString> sink;

    Sending(GraphStageLogic.SubSinkInlet<ByteString> sink) {
      this.sink = sink;
    }

    @Override
    public void onPull() {
      if (!sink.isClosed() && !sink.hasBeenPulled()) {
        sink.pull();
      }
    }

    @Override
    public void onDownstreamFinish(Throwable cause) {
      sink.cancel(cause);
    }
  }
}
