// GET /bytes/N and /delay/T/bytes/N by the JDK's own HTTP server.
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Server {
  private static final Pattern PATH =
      Pattern.compile("(?:/delay/(exp:)?(\\d+)(ns|us|ms|s))?/bytes/(\\d+)");
  private static final Map<String, Long> UNITS =
      Map.of("ns", 1L, "us", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L);
  private static final Map<Integer, byte[]> bodies = new ConcurrentHashMap<>();
  private static final ScheduledExecutorService timers =
      Executors.newSingleThreadScheduledExecutor();

  private static void send(HttpExchange exchange, int size) {
    try {
      byte[] body = bodies.computeIfAbsent(size, n -> {
        byte[] made = new byte[n];
        Arrays.fill(made, (byte) 'x');
        return made;
      });
      exchange.sendResponseHeaders(200, size == 0 ? -1 : size);
      if (size > 0) exchange.getResponseBody().write(body);
      exchange.close();
    } catch (IOException gone) {
      exchange.close();
    }
  }

  private static void answer(HttpExchange exchange) throws IOException {
    Matcher path = PATH.matcher(exchange.getRequestURI().getPath());
    if (!path.matches()) {
      exchange.sendResponseHeaders(404, -1);
      exchange.close();
      return;
    }
    int size = Integer.parseInt(path.group(4));
    if (path.group(2) == null) {
      send(exchange, size);
      return;
    }
    double mean = Long.parseLong(path.group(2)) * UNITS.get(path.group(3));
    double delay =
        path.group(1) == null ? mean : -mean * Math.log(1 - ThreadLocalRandom.current().nextDouble());
    timers.schedule(() -> send(exchange, size), (long) delay, TimeUnit.NANOSECONDS);
  }

  public static void main(String[] arguments) throws IOException {
    int port = Integer.parseInt(arguments[0]);
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 4096);
    server.createContext("/", Server::answer);
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
  }
}
