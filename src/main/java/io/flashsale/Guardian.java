package io.flashsale;

import akka.Done;
import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.cluster.MemberStatus;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.typed.Cluster;
import akka.persistence.typed.PersistenceId;
import io.flashsale.database.Database;
import io.flashsale.http.Availability;
import io.flashsale.http.HttpServer;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import io.flashsale.journal.JournalHead;
import io.flashsale.journal.JournalSearch;
import io.flashsale.live.LiveFeed;
import io.flashsale.live.LiveKeeper;
import io.flashsale.metrics.Metrics;
import io.flashsale.ops.Auditor;
import io.flashsale.ops.Health;
import io.flashsale.ops.OperatorException;
import io.flashsale.readside.OrderQueries;
import io.flashsale.readside.SaleQueries;
import io.flashsale.sale.ItemStarter;
import io.flashsale.sale.LiveHolds;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.sale.SaleCoordinator;
import io.flashsale.sale.SaleWatch;
import io.flashsale.sale.SoldItems;
import io.flashsale.sale.SoldItemsReplicator;
import io.flashsale.security.ServerTls;
import io.flashsale.tracing.Export;
import io.flashsale.tracing.OpenTelemetryTracing;
import io.flashsale.tracing.Tracing;
import io.flashsale.user.OrderWatch;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Puts the parts of a node together: the one place that knows them all. */
final class Guardian {

  /** For the fence and for health: not to wait behind what pages ask. */
  private static final int CHECK_CONNECTIONS = 2;

  private static final Duration CHECK_HEALTH_EVERY = Duration.ofSeconds(5);
  private static final Duration START_ITEMS_AT_MOST = Duration.ofSeconds(10);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

  sealed interface Message {
    record Bound(InetSocketAddress address) implements Message {}

    record NotBound(Throwable why) implements Message {}

    record SoldBefore(long saleId, BitSet items) implements Message {}

    enum Tick implements Message {
      IS_READY,
      ITEMS_STARTED,
      WARMED_UP,
      CHECK_HEALTH,
      RELOAD_TLS
    }
  }

  private final Settings settings;
  private final Entrance entrance;
  private final WarmUp warmUp;
  private final Consumer<OperatorException> fail;
  private final IntConsumer ready;
  private final ActorContext<Message> context;
  private final TimerScheduler<Message> timers;
  private final Availability availability;
  private final SaleBoard board;
  private final ActorRef<Object> readyNodes;
  private final Entities entities;
  private final Auditor auditor;
  private final Health health;
  private final SaleQueries queries;
  private final LiveFeed live;
  private final Metrics metrics;
  private final HttpServers servers;
  private final HttpServer http;
  private int port; // once it listens
  private boolean warmingUp;
  private boolean knowsWhatWasSold;

  /**
   * The behaviour of the user guardian.
   *
   * @param entrance of the API
   * @param warmUp run before the node takes requests
   * @param fail told what an operator has to mend; the system terminates then
   * @param ready told the port of the API once it takes requests
   */
  static Behavior<Message> create(
      Settings settings,
      Entrance entrance,
      Database database,
      WarmUp warmUp,
      InstantSource clock,
      Consumer<OperatorException> fail,
      IntConsumer ready) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  var guardian =
                      new Guardian(
                          settings, entrance, database, warmUp, clock, fail, ready, context,
                          timers);
                  return guardian.running();
                }));
  }

  private Guardian(
      Settings settings,
      Entrance entrance,
      Database database,
      WarmUp warmUp,
      InstantSource clock,
      Consumer<OperatorException> fail,
      IntConsumer ready,
      ActorContext<Message> context,
      TimerScheduler<Message> timers) {
    this.settings = settings;
    this.entrance = entrance;
    this.warmUp = warmUp;
    this.fail = fail;
    this.ready = ready;
    this.context = context;
    context.setLoggerName(Guardian.class); // or the first timer would decide, and be taken for Akka
    this.timers = timers;
    ActorSystem<Void> system = context.getSystem();
    this.metrics = Metrics.get(system);
    Cluster cluster = Cluster.get(system);
    Forming.join(system, settings.cluster(), database, fail);

    DatabasePool checkPool = DatabasePool.open(system, database, "checks", CHECK_CONNECTIONS);
    DatabasePool queryPool =
        DatabasePool.open(system, database, "queries", settings.queryConnections());

    this.availability = new Availability(settings.http().maxInFlight());
    Readiness.get(system).follow(availability::isReady);
    this.board = new SaleBoard(clock, new SoldItems());
    ReadyNodes nodes = new ReadyNodes();
    this.readyNodes = context.spawn(nodes.keeper(), "ready-nodes");
    this.entities =
        new Entities(
            Entities.Kind.real(system, nodes),
            ClusterSharding.get(system),
            clock,
            board,
            new JournalHead(checkPool.connections(), checkPool.threads()),
            new JournalSearch(checkPool.connections(), checkPool.threads()),
            new SecureRandom(),
            new LiveHolds(clock),
            tracing(settings.traces(), system),
            !isAlone());
    entities.init();
    ActorRef<SaleCoordinator.Command> coordinator =
        SaleCoordinator.init(
            system,
            settings.schedule(),
            clock,
            new Starting(),
            entities.journal()::highestSequenceNr);
    this.auditor = new Auditor(database::connect);
    context.spawn(
        Behaviors.supervise(board.keeper(coordinator, askEvery(settings), this::prepare))
            .onFailure(SupervisorStrategy.restart()),
        "sale-board");
    context.spawn(
        Behaviors.supervise(SoldItemsReplicator.create(board.sold()))
            .onFailure(SupervisorStrategy.restart()),
        "sold-items");

    this.health =
        new Health(
            checkPool.connections(),
            checkPool.threads(),
            () -> cluster.selfMember().status().equals(MemberStatus.up()),
            () -> board.open() != null || board.isPaused());
    this.queries = new SaleQueries(queryPool.connections(), queryPool.threads());
    String address = ClusterLog.address(cluster.selfMember());
    this.live =
        new LiveFeed(
            address,
            settings.http().liveClients(),
            clock,
            System::nanoTime,
            board,
            entities.holds());
    context.spawn(
        Behaviors.supervise(LiveKeeper.create(address, live, board, entities.holds()))
            .onFailure(SupervisorStrategy.restart()),
        "live-feed");
    OrderWatch.init(
        system, entities.orders(new OrderQueries(queryPool.connections(), queryPool.threads())));
    this.servers = new HttpServers(system, settings, coordinator, queries, health, auditor, live);
    this.http = servers.real(availability, entrance.tokens(), entities);
    show(clock, warmUp);
  }

  private void show(InstantSource clock, WarmUp warmUp) {
    context.spawn(ClusterLog.create(), "cluster-log");
    NodeMetrics node = new NodeMetrics(context);
    node.show(availability, http, settings.http().maxInFlight());
    node.show(health, auditor);
    node.show(warmUp);
    entities.holds().show(metrics);
    live.metrics().show(metrics);
    SaleWatch watch = new SaleWatch(clock, board, entities.holds());
    watch.show(metrics);
    node.every(SaleWatch.EVERY, watch::look);
  }

  /** Each node is told apart by the address that the others know it by. */
  private static Tracing tracing(@Nullable Export export, ActorSystem<?> system) {
    if (export == null) {
      return Tracing.OFF;
    }
    String instance = Cluster.get(system).selfMember().address().hostPort();
    OpenTelemetryTracing tracing =
        OpenTelemetryTracing.to(
            export, instance.substring(instance.indexOf('@') + 1), Main.programVersion());
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
            "send-traces",
            () -> tracing.stop().thenApply(_ -> Done.getInstance()));
    return tracing;
  }

  private Behavior<Message> running() {
    timers.startTimerWithFixedDelay(Message.Tick.CHECK_HEALTH, CHECK_HEALTH_EVERY);
    Settings.ApiTls tls = settings.http().tls();
    if (tls != null) {
      timers.startTimerWithFixedDelay(Message.Tick.RELOAD_TLS, tls.reloadEvery());
    }
    if (isAlone()) {
      bind();
    } else {
      context.getSelf().tell(Message.Tick.IS_READY);
    }
    return Behaviors.receiveMessage(
        message -> {
          switch (message) {
            case Message.Bound(InetSocketAddress address) -> {
              http.stopWithSystem(
                  () -> Leaving.othersTakeOver(context.getSystem()),
                  settings.http().drainAtLeast(),
                  settings.http().drainAtMost());
              port = address.getPort();
              context
                  .getLog()
                  .info("Listening on {}://{}:{}", scheme(), address.getHostString(), port);
              if (isAlone()) {
                context.getSelf().tell(Message.Tick.IS_READY);
              } else {
                ready();
              }
            }
            case Message.NotBound(Throwable why) -> {
              fail.accept(Ports.apiCannot(settings, why));
              context.getSystem().terminate();
            }
            case Message.Tick.CHECK_HEALTH -> logHealth();
            case Message.Tick.RELOAD_TLS -> reloadTls();
            case Message.Tick.IS_READY -> {
              Sale open = board.open();
              if (open == null && !board.isPaused()) {
                timers.startSingleTimer(Message.Tick.IS_READY, LOOK_AGAIN);
              } else if (open != null && !knowsWhatWasSold) {
                learnWhatWasSold(open);
              } else if (warmUp.isWanted() && open != null) {
                startItems(open);
              } else if (warmUp.isWanted()) {
                warmUp();
              } else {
                warm();
              }
            }
            case Message.SoldBefore(long sale, var items) -> {
              knowsWhatWasSold = true;
              items.stream().forEach(item -> board.sold().add(new ItemId(sale, item)));
              context.getSelf().tell(Message.Tick.IS_READY);
            }
            case Message.Tick.ITEMS_STARTED -> warmUp();
            case Message.Tick.WARMED_UP -> warm();
          }
          return Behaviors.same();
        });
  }

  /**
   * A node that starts in the middle of a sale would count what is sold as its items recover, and
   * show too much stock until then. If the journal cannot be read, it does.
   */
  private void learnWhatWasSold(Sale open) {
    context.pipeToSelf(
        queries.sold(open.id()),
        (items, failure) -> {
          if (items == null) {
            context
                .getLog()
                .warn(
                    "What was sold before in sale {} is not known: too much stock is shown until"
                        + " its items are read",
                    open.id(),
                    failure);
          }
          return new Message.SoldBefore(open.id(), items == null ? new BitSet() : items);
        });
  }

  /** Nobody is to be the first to wait for an item of the sale that is open already. */
  private void startItems(Sale open) {
    ActorRef<Message> self = context.getSelf();
    ActorRef<ItemStarter.Command> starter =
        context.spawn(
            ItemStarter.create(
                new Starting(), _ -> {}, () -> self.tell(Message.Tick.ITEMS_STARTED)),
            "items-before-ready");
    starter.tell(new ItemStarter.Keep(List.of(open)));
    timers.startSingleTimer(Message.Tick.ITEMS_STARTED, START_ITEMS_AT_MOST);
  }

  private void warmUp() {
    if (warmingUp) {
      return; // the items were started, and that took its time
    }
    warmingUp = true;
    timers.cancel(Message.Tick.ITEMS_STARTED);
    context.getChild("items-before-ready").ifPresent(context::stop);
    context.pipeToSelf(
        warmUp.run(context.getSystem(), settings, servers::forWarmUp),
        (_, _) -> Message.Tick.WARMED_UP);
  }

  private boolean isAlone() {
    return settings.cluster().form() == Settings.Form.SELF;
  }

  private void bind() {
    context.pipeToSelf(
        http.bind(settings.http().host(), settings.http().port(), entrance.tls()),
        (address, failure) ->
            failure == null ? new Message.Bound(address) : new Message.NotBound(failure));
  }

  /**
   * A node that is alone has had its port open, and has said that it is starting. One of several is
   * only reached now, and serves the first who connects: what it refused, a balancer would not send
   * to the others again.
   */
  private void warm() {
    entities.placeUsers();
    if (isAlone()) {
      ready();
    } else {
      availability.opening();
      bind();
    }
  }

  private void ready() {
    if (availability.isStopping()) {
      return;
    }
    availability.ready();
    readyNodes.tell(ReadyNodes.Message.READY);
    context.getLog().info("Ready");
    ready.accept(port);
  }

  private String scheme() {
    return entrance.tls() == null ? "http" : "https";
  }

  private void reloadTls() {
    ServerTls tls = entrance.tls();
    if (tls != null) {
      tls.reload();
    }
  }

  /** Health says so in the log when something has gone down or come back. */
  private void logHealth() {
    if (!availability.isStopping()) {
      var _ = health.check();
    }
  }

  private final class Starting implements ItemStarter.Surroundings {

    /** A node that stops starts nothing any more. */
    @Override
    public void tell(ItemId item, Item.Command command) {
      if (!availability.isStopping()) {
        entities.tell(item, command);
      }
    }

    @Override
    public boolean isSold(ItemId item) {
      return board.sold().contains(item);
    }

    @Override
    public CompletionStage<Map<String, Long>> highestSequenceNrs(Collection<PersistenceId> items) {
      return entities.journal().highestSequenceNrs(items);
    }
  }

  /**
   * Before a sale opens. A shard that has no place yet would keep its users waiting, and a
   * collection in the middle of a sale everybody, while it copies what the sale has created so far.
   * Afterwards the young generation has room for a whole sale (bin/flashsale).
   */
  private void prepare() {
    entities.placeUsers();
    System.gc();
  }

  private static Duration askEvery(Settings settings) {
    Duration half = settings.schedule().announceAhead().dividedBy(2);
    Duration second = Duration.ofSeconds(1);
    return half.compareTo(second) < 0 ? half : second;
  }
}
