// GET /bytes/N and /delay/T/bytes/N by Netty: Server PORT THREADS.
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Server {
  private static final String BYTES = "/bytes/";
  private static final Pattern DELAYED =
      Pattern.compile("/delay/(exp:)?(\\d+)(ns|us|ms|s)(/bytes/\\d+)");
  private static final Map<String, Long> UNITS =
      Map.of("ns", 1L, "us", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L);
  private static final Map<String, ByteBuf> bodies = new ConcurrentHashMap<>();

  // The body of "/bytes/N", made once; all responses share its memory.
  private static ByteBuf bodyOf(String path) {
    return bodies.computeIfAbsent(path, key -> {
      byte[] made = new byte[Integer.parseInt(key.substring(BYTES.length()))];
      Arrays.fill(made, (byte) 'x');
      return Unpooled.unreleasableBuffer(Unpooled.directBuffer(made.length).writeBytes(made).asReadOnly());
    }).duplicate();
  }

  // One connection: its requests come one after the other.
  private static final class Handler extends SimpleChannelInboundHandler<HttpObject> {
    private String path;
    private boolean keepsAlive;

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
      if (part instanceof HttpRequest) {
        path = ((HttpRequest) part).uri();
        keepsAlive = HttpUtil.isKeepAlive((HttpRequest) part);
      }
      if (part instanceof LastHttpContent) answer(context);
    }

    private void answer(ChannelHandlerContext context) {
      try {
        if (path.startsWith(BYTES)) {
          send(context, HttpResponseStatus.OK, bodyOf(path));
          return;
        }
        Matcher asked = DELAYED.matcher(path);
        if (asked.matches()) {
          ByteBuf body = bodyOf(asked.group(4));
          context.executor().schedule(() -> {
            send(context, HttpResponseStatus.OK, body);
            context.flush();
          }, delayOf(asked), TimeUnit.NANOSECONDS);
          return;
        }
      } catch (NumberFormatException unknown) {
        // As any other path.
      }
      send(context, HttpResponseStatus.NOT_FOUND, Unpooled.EMPTY_BUFFER);
    }

    private static long delayOf(Matcher asked) {
      double mean = Double.parseDouble(asked.group(2)) * UNITS.get(asked.group(3));
      if (asked.group(1) == null) return (long) mean;
      return (long) (-mean * Math.log(1 - ThreadLocalRandom.current().nextDouble()));
    }

    private void send(ChannelHandlerContext context, HttpResponseStatus status, ByteBuf body) {
      FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body, false);
      response.headers()
          .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_OCTET_STREAM)
          .setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
      if (keepsAlive) {
        context.write(response, context.voidPromise());
      } else {
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        context.write(response).addListener(ChannelFutureListener.CLOSE);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      context.flush();
    }

    // The client has gone.
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }

  public static void main(String[] arguments) throws InterruptedException {
    EventLoopGroup loops = new NioEventLoopGroup(Integer.parseInt(arguments[1]));
    new ServerBootstrap()
        .group(loops)
        .channel(NioServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, 4096)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(new ChannelInitializer<SocketChannel>() {
          @Override
          protected void initChannel(SocketChannel channel) {
            channel.pipeline().addLast(new HttpServerCodec(), new Handler());
          }
        })
        .bind("127.0.0.1", Integer.parseInt(arguments[0]))
        .sync()
        .channel()
        .closeFuture()
        .sync();
  }
}
