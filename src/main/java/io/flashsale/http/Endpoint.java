package io.flashsale.http;

import akka.http.javadsl.model.HttpRequest;
import java.util.List;

/** What can be asked, as it stands in the label {@code route} of a metric: no ids, no codes. */
@SuppressWarnings("ImmutableEnumChecker") // the list is, and its type does not say so
enum Endpoint {
  CHECK_OUT("POST", "/checkout"),
  PURCHASE("POST", "/purchase"),
  SHOW_CHECKOUT("GET", "/checkout/{code}"),
  GIVE_UP("DELETE", "/checkout/{code}"),
  BUY("POST", "/api/buy"),
  ORDER("GET", "/api/orders/{id}"),
  PURCHASES("GET", "/users/{id}/purchases"),
  CHECKOUTS("GET", "/users/{id}/checkouts"),
  SALES("GET", "/sales"),
  ACTIVE_SALE("GET", "/sales/active"),
  SALE("GET", "/sales/{id}"),
  ITEMS("GET", "/sales/{id}/items"),
  PICTURE("GET", "/items/{id}/image.svg"),
  HEALTH("GET", "/health"),
  LIVE("GET", "/health/live"),
  READY("GET", "/health/ready"),
  METRICS("GET", "/metrics"),
  PLANS("GET", "/admin/sales"),
  OPEN_SALE("POST", "/admin/sales"),
  CLOSE_SALE("POST", "/admin/sales/{id}/close"),
  AUDIT("GET", "/admin/audit"),
  CLUSTER("GET", "/admin/cluster"),
  WEB_SOCKET("GET", "/ws"),
  EVENTS("GET", "/events"),
  DOCUMENT("GET", "/openapi.json"),
  ASYNC_DOCUMENT("GET", "/asyncapi.json"),
  DOCS("GET", "/docs"),
  DOCS_FILE("GET", "/docs/{file}"),
  PAGE("GET", "/"),
  ADMIN_PAGE("GET", "/admin/"),
  ASSET("GET", "/assets/{version}/{file}"),
  /** Paths that there are not, and methods that a path does not have. */
  OTHER("other", "other");

  private static final Endpoint[] ALL = values();

  private final String method;
  private final String route;
  private final List<String> segments;

  Endpoint(String method, String route) {
    this.method = method;
    this.route = route;
    this.segments = List.of(route.split("/", -1));
  }

  String method() {
    return method;
  }

  String route() {
    return route;
  }

  /** What nearly everybody asks. */
  boolean isHot() {
    return this == CHECK_OUT || this == PURCHASE;
  }

  static Endpoint of(HttpRequest request) {
    return of(request.method().value(), request.getUri().path());
  }

  static Endpoint of(String method, String path) {
    String asked = method.equals("HEAD") ? "GET" : method;
    List<String> segments = List.of(path.split("/", -1));
    for (Endpoint endpoint : ALL) { // what is literal stands before what is not
      if (endpoint.method.equals(asked) && endpoint.has(segments)) {
        return endpoint;
      }
    }
    return OTHER;
  }

  private boolean has(List<String> path) {
    boolean same = path.size() == segments.size();
    for (int i = 0; same && i < path.size(); i++) {
      same = segments.get(i).startsWith("{") || segments.get(i).equals(path.get(i));
    }
    return same;
  }
}
