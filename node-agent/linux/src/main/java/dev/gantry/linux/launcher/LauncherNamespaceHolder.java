package dev.gantry.linux.launcher;

import dev.gantry.linux.Descriptor;
import dev.gantry.linux.Errno;
import dev.gantry.linux.LinuxException;
import dev.gantry.linux.NamespaceHolder;
import dev.gantry.linux.OpenFlags;
import dev.gantry.linux.RootedDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The namespace holder as a mode of the launcher program. A holder that still runs is taken over, else one is started. What it tells are descriptors of its own, which
 * everybody of the same user reaches as {@code /proc/PID/fd/N}.
 */
public final class LauncherNamespaceHolder implements NamespaceHolder {
    private static final String VERSION = "1";
    private static final int FIRST_BASE = 1 << 30;
    private static final int BASE_STEP = 65536;

    private final SocketChannel channel;
    private final int pid;
    private final StringBuilder received = new StringBuilder();

    private LauncherNamespaceHolder(SocketChannel channel, int pid) {
        this.channel = channel;
        this.pid = pid;
    }

    /** @param directory the same one for every agent of the host, beneath /run; made when missing, owner only */
    public static LauncherNamespaceHolder open(Path directory) throws IOException {
        return open(directory, List.of());
    }

    /** @param cgroups where a new holder places itself, so that it is no part of the agent's service */
    public static LauncherNamespaceHolder open(Path directory, List<Path> cgroups) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        try (RootedDirectory root = RootedDirectory.open(directory, RootedDirectory.Escape.REFUSED);
                Descriptor lock = root.open("holder.lock", OpenFlags.READ_WRITE | OpenFlags.CREATE, 0600)) {
            if (lock.tryLock(true)) {
                start(root.descriptor(), lock, cgroups);
            }
            return connect(directory, root.descriptor());
        }
    }

    private static void start(Descriptor directory, Descriptor lock, List<Path> cgroups) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("gantry-holder", "holder"));
        cgroups.forEach(cgroup -> arguments.add(cgroup.toString()));
        String report = Launcher.startMode(arguments, directory, lock);
        if (!report.startsWith("S ")) {
            throw new IOException("The namespace holder did not start: " + report.strip());
        }
    }

    private static LauncherNamespaceHolder connect(Path directory, Descriptor descriptor) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean open = false;
        try {
            channel.connect(UnixDomainSocketAddress.of(descriptor.procPath() + "/holder"));
            LauncherNamespaceHolder greeted = new LauncherNamespaceHolder(channel, 0);
            String[] words = greeted.ask("version").getFirst().split(" ");
            if (!words[0].equals(VERSION)) {
                throw new IOException("The namespace holder at %s speaks version %s; this agent knows version %s"
                        .formatted(directory, words[0], VERSION));
            }
            open = true;
            return new LauncherNamespaceHolder(channel, Integer.parseInt(words[1]));
        } finally {
            if (!open) {
                channel.close();
            }
        }
    }

    /** Of the holder process. */
    public int pid() {
        return pid;
    }

    @Override
    public PodNamespaces create(String name, int userBase) throws IOException {
        return parse(ask("create %s %s %s".formatted(checked(name), userBase, SHARED_MEMORY_BYTES))
                .getFirst());
    }

    @Override
    public int freeUserBase() throws IOException {
        Set<Integer> taken = list().stream().map(PodNamespaces::userBase).collect(Collectors.toSet());
        for (int base = FIRST_BASE; base > 0; base += BASE_STEP) {
            if (!taken.contains(base)) {
                return base;
            }
        }
        throw new IOException("Every range of user ids is taken: %s pods have user namespaces".formatted(taken.size()));
    }

    @Override
    public Optional<PodNamespaces> find(String name) throws IOException {
        return list().stream().filter(held -> held.name().equals(name)).findFirst();
    }

    @Override
    public List<PodNamespaces> list() throws IOException {
        return ask("list").stream().map(this::parse).toList();
    }

    @Override
    public PodNamespaces rename(String name, String newName) throws IOException {
        return parse(
                ask("rename %s %s".formatted(checked(name), checked(newName))).getFirst());
    }

    @Override
    public void release(String name) throws IOException {
        ask("release " + checked(name));
    }

    @Override
    public void shutDown() throws IOException {
        ask("end");
        close();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String checked(String name) throws LinuxException {
        if (!name.matches("[A-Za-z0-9._-]{1,63}")) {
            throw new LinuxException("hold namespaces by the name \"%s\"".formatted(name), Errno.EINVAL);
        }
        return name;
    }

    private PodNamespaces parse(String line) {
        String[] words = line.split(" ");
        return new PodNamespaces(
                words[0],
                path(words[2]),
                path(words[3]),
                path(words[4]),
                path(words[5]),
                path(words[6]),
                Integer.parseInt(words[1]));
    }

    private String path(String descriptor) {
        return descriptor.equals("-") ? "" : "/proc/%s/fd/%s".formatted(pid, descriptor);
    }

    private synchronized List<String> ask(String request) throws IOException {
        ByteBuffer out = ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.US_ASCII));
        while (out.hasRemaining()) {
            channel.write(out);
        }
        List<String> lines = new ArrayList<>();
        while (true) {
            String line = line();
            if (line.equals("ok")) {
                return lines;
            }
            if (line.startsWith("error ")) {
                String[] words = line.split(" ", 3);
                throw new LinuxException(
                        "The namespace holder, asked to %s: %s".formatted(request, words[2]),
                        Integer.parseInt(words[1]));
            }
            lines.add(line);
        }
    }

    private String line() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        int newline;
        while ((newline = received.indexOf("\n")) < 0) {
            if (channel.read(buffer.clear()) < 0) {
                throw new IOException("The namespace holder has ended; its namespaces are lost");
            }
            received.append(StandardCharsets.US_ASCII.decode(buffer.flip()));
        }
        String line = received.substring(0, newline);
        received.delete(0, newline + 1);
        return line;
    }
}
