package dev.gantry.agent.probe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * One GET over a connection of its own. Plain sockets, because the JDK's client verifies host names, keeps connections and follows more than a probe
 * should; a redirect counts as an answer. Only the status line is read, so that a body without end costs nothing.
 */
final class HttpCheck {
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] ([0-9]{3})( .*)?");
    private static final int LONGEST_STATUS_LINE = 4096;
    private static final SSLContext TRUSTING = trusting();

    private HttpCheck() {}

    static CheckResult run(Check.Http check, String address, Duration timeout) {
        String host = check.host().isEmpty() ? address : check.host();
        long deadline = System.nanoTime() + timeout.toNanos();
        try (Socket socket = connect(check, host, deadline)) {
            socket.getOutputStream().write(request(check, host).getBytes(ISO_8859_1));
            socket.getOutputStream().flush();
            String line = statusLine(socket, deadline);
            Matcher matcher = STATUS_LINE.matcher(line);
            if (!matcher.matches()) {
                return CheckResult.failed("%s answered '%s', which is not HTTP/1.1".formatted(url(check, host), line));
            }
            int status = Integer.parseInt(matcher.group(1));
            return status >= 200 && status < 400
                    ? CheckResult.passed("status " + status)
                    : CheckResult.failed(
                            "%s answered with status %d, expected 200 to 399".formatted(url(check, host), status));
        } catch (IOException e) {
            return CheckResult.failed("GET %s failed: %s".formatted(url(check, host), e.getMessage()));
        }
    }

    private static Socket connect(Check.Http check, String host, long deadline) throws IOException {
        Socket plain = new Socket();
        try {
            plain.connect(new InetSocketAddress(host, check.port()), remainingMillis(deadline));
            plain.setSoTimeout(remainingMillis(deadline));
            return check.tls() ? TRUSTING.getSocketFactory().createSocket(plain, host, check.port(), true) : plain;
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    private static String request(Check.Http check, String host) {
        String path = check.path().startsWith("/") ? check.path() : "/" + check.path();
        StringBuilder request =
                new StringBuilder("GET %s HTTP/1.1\r\n".formatted(oneLine(path).replace(" ", "%20")));
        boolean hostGiven = false;
        boolean agentGiven = false;
        for (Map.Entry<String, String> header : check.headers()) {
            hostGiven |= header.getKey().equalsIgnoreCase("Host");
            agentGiven |= header.getKey().equalsIgnoreCase("User-Agent");
            request.append(oneLine(header.getKey() + ": " + header.getValue())).append("\r\n");
        }
        if (!hostGiven) {
            request.append("Host: ")
                    .append(host)
                    .append(':')
                    .append(check.port())
                    .append("\r\n");
        }
        if (!agentGiven) {
            request.append("User-Agent: gantry-probe/1\r\n");
        }
        return request.append("Accept: */*\r\nConnection: close\r\n\r\n").toString();
    }

    /** A path or header of the spec must not add headers of its own. */
    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}", "");
    }

    private static String statusLine(Socket socket, long deadline) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder line = new StringBuilder();
        while (line.length() < LONGEST_STATUS_LINE) {
            socket.setSoTimeout(remainingMillis(deadline));
            int c = in.read();
            if (c == '\n' || c < 0) {
                break;
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private static int remainingMillis(long deadline) throws IOException {
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
            throw new IOException("no answer in time");
        }
        return (int) Math.min(millis, Integer.MAX_VALUE);
    }

    private static String url(Check.Http check, String host) {
        return "%s://%s:%d%s".formatted(check.tls() ? "https" : "http", host, check.port(), check.path());
    }

    private static SSLContext trusting() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustsEveryone()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }

    /** A probe asks whether the container answers, not who it is. */
    private static final class TrustsEveryone implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
