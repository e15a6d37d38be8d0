package dev.gantry.linux.cgroup;

import dev.gantry.linux.Pidfd;
import dev.gantry.linux.ProcessIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** One group, in all hierarchies at once. Every method copes with a group that is gone, or there only in part. */
public final class Cgroup {
    private static final int SIGKILL = 9;
    private static final long FREEZE_NANOS = 10_000_000_000L;
    private static final long DELETE_NANOS = 5_000_000_000L;
    private static final long PAUSE_NANOS = 500_000;

    private final String path;
    private final Map<String, Path> controllers;
    private final Optional<Path> unified;

    Cgroup(String path, Map<String, Path> controllers, Optional<Path> unified) {
        this.path = path;
        this.controllers = Map.copyOf(controllers);
        this.unified = unified;
    }

    /** Beneath the tree. */
    public String path() {
        return path;
    }

    /** Where a process of this group has to be put: the directories of version 1. */
    public List<Path> placement() {
        return List.copyOf(new LinkedHashSet<>(controllers.values()));
    }

    /** Where a process is put by its clone: the directory of version 2. */
    public Optional<Path> unified() {
        return unified;
    }

    /** The file that has a line {@code oom_kill COUNT}. */
    public Optional<Path> oomFile() {
        return Optional.ofNullable(controllers.get("memory"))
                .map(directory -> directory.resolve("memory.oom_control"))
                .or(() -> unified.map(directory -> directory.resolve("memory.events")));
    }

    public void setLimits(CgroupLimits limits) throws IOException {
        if (controllers.isEmpty()) {
            setUnifiedLimits(limits);
            return;
        }
        Path cpu = controllers.get("cpu");
        if (cpu != null && limits.cpuShares() > 0) {
            write(cpu.resolve("cpu.shares"), Long.toString(limits.boundedShares()));
        }
        if (cpu != null && limits.cpuMilli() > 0) {
            write(cpu.resolve("cpu.cfs_period_us"), Long.toString(CgroupLimits.PERIOD_MICROS));
            write(cpu.resolve("cpu.cfs_quota_us"), Long.toString(limits.quotaMicros()));
        }
        Path memory = controllers.get("memory");
        if (memory != null && limits.memoryBytes() > 0) {
            write(memory.resolve("memory.limit_in_bytes"), Long.toString(limits.memoryBytes()));
            writeIfPresent(memory.resolve("memory.memsw.limit_in_bytes"), Long.toString(limits.memoryBytes()));
        }
        Path pids = controllers.get("pids");
        if (pids != null && limits.pids() > 0) {
            write(pids.resolve("pids.max"), Long.toString(limits.pids()));
        }
    }

    private void setUnifiedLimits(CgroupLimits limits) throws IOException {
        Path directory = unified.orElseThrow();
        if (limits.cpuShares() > 0) {
            write(directory.resolve("cpu.weight"), Long.toString(limits.weight()));
        }
        if (limits.cpuMilli() > 0) {
            write(directory.resolve("cpu.max"), "%s %s".formatted(limits.quotaMicros(), CgroupLimits.PERIOD_MICROS));
        }
        if (limits.memoryBytes() > 0) {
            write(directory.resolve("memory.max"), Long.toString(limits.memoryBytes()));
            writeIfPresent(directory.resolve("memory.swap.max"), "0");
            writeIfPresent(directory.resolve("memory.oom.group"), "1");
        }
        if (limits.pids() > 0) {
            write(directory.resolve("pids.max"), Long.toString(limits.pids()));
        }
    }

    /** Stops every process where it is, and returns when they have stopped. */
    public void freeze() throws IOException {
        setFrozen(true);
    }

    public void thaw() throws IOException {
        setFrozen(false);
    }

    private void setFrozen(boolean frozen) throws IOException {
        long deadline = System.nanoTime() + FREEZE_NANOS;
        while (true) {
            if (unified.isPresent()) {
                write(unified.get().resolve("cgroup.freeze"), frozen ? "1" : "0");
            } else {
                write(freezer().resolve("freezer.state"), frozen ? "FROZEN" : "THAWED");
            }
            if (isFrozen() == frozen) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException(
                        "The processes of cgroup %s did not %s within 10 s; one of them may wait for a device or a server"
                                .formatted(path, frozen ? "stop" : "go on"));
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    public boolean isFrozen() throws IOException {
        if (unified.isPresent()) {
            return read(unified.get().resolve("cgroup.events")).contains("frozen 1");
        }
        return read(freezer().resolve("freezer.state")).startsWith("FROZEN");
    }

    private Path freezer() throws IOException {
        Path freezer = controllers.get("freezer");
        if (freezer == null) {
            throw new IOException(
                    "This host has neither cgroup version 2 nor the freezer of version 1: nothing can be paused");
        }
        return freezer;
    }

    /** Kills every process of the group and of the groups beneath, also frozen ones. */
    public void kill() throws IOException {
        if (unified.isPresent() && Files.exists(unified.get().resolve("cgroup.kill"))) {
            write(unified.get().resolve("cgroup.kill"), "1");
        }
        // what was placed in version 1 only, or a kernel without cgroup.kill: until nobody forks any more
        boolean thawed = false;
        for (int round = 0; round < 1000; round++) {
            Set<Integer> processes = processes();
            if (processes.isEmpty()) {
                return;
            }
            for (int pid : processes) {
                Optional<ProcessIdentity> process = ProcessIdentity.of(pid);
                if (process.isPresent()) {
                    Pidfd.signal(process.get(), SIGKILL);
                }
            }
            if (!thawed && exists()) {
                thawed = true;
                thawQuietly();
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void thawQuietly() throws IOException {
        if (unified.isPresent() && Files.exists(unified.get().resolve("cgroup.freeze"))) {
            write(unified.get().resolve("cgroup.freeze"), "0");
        } else if (controllers.containsKey("freezer")) {
            writeIfPresent(freezer().resolve("freezer.state"), "THAWED");
        }
    }

    /** Every process of the group and of the groups beneath. */
    public Set<Integer> processes() throws IOException {
        Set<Integer> result = new LinkedHashSet<>();
        for (Path directory : directories()) {
            if (!Files.isDirectory(directory)) {
                continue;
            }
            try (var tree = Files.walk(directory)) {
                for (Path group : (Iterable<Path>) tree.filter(Files::isDirectory)::iterator) {
                    read(group.resolve("cgroup.procs"))
                            .lines()
                            .map(Integer::valueOf)
                            .forEach(result::add);
                }
            } catch (java.io.UncheckedIOException e) {
                // a group beneath went away meanwhile
                if (!(e.getCause() instanceof NoSuchFileException)) {
                    throw e.getCause();
                }
            }
        }
        result.remove(0);
        return result;
    }

    public boolean exists() {
        return directories().stream().anyMatch(Files::isDirectory);
    }

    public Usage usage() throws IOException {
        if (controllers.isEmpty()) {
            Path directory = unified.orElseThrow();
            return new Usage(
                    1000 * field(read(directory.resolve("cpu.stat")), "usage_usec"),
                    workingSet(
                            number(directory.resolve("memory.current")),
                            read(directory.resolve("memory.stat")),
                            "inactive_file"),
                    number(directory.resolve("pids.current")));
        }
        Path memory = controllers.getOrDefault("memory", Path.of("/nonexistent"));
        return new Usage(
                number(controllers
                        .getOrDefault("cpuacct", Path.of("/nonexistent"))
                        .resolve("cpuacct.usage")),
                workingSet(
                        number(memory.resolve("memory.usage_in_bytes")),
                        read(memory.resolve("memory.stat")),
                        "total_inactive_file"),
                number(controllers.getOrDefault("pids", Path.of("/nonexistent")).resolve("pids.current")));
    }

    /**
     * @param memoryBytes without file pages that the kernel would give back first, as Kubernetes counts
     * @param processes with threads
     */
    public record Usage(long cpuNanos, long memoryBytes, long processes) {}

    /** How often the kernel killed for memory in here. */
    public long oomKills() throws IOException {
        Optional<Path> file = oomFile();
        return file.isEmpty() ? 0 : field(read(file.get()), "oom_kill");
    }

    /** Removes the group and those beneath, waiting for processes that are about to end. */
    public void delete() throws IOException {
        for (Path directory : directories()) {
            deleteTree(directory);
        }
    }

    static void deleteTree(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        List<Path> groups;
        try (var tree = Files.walk(directory)) {
            groups = new ArrayList<>(tree.filter(Files::isDirectory).toList());
        } catch (java.io.UncheckedIOException e) {
            throw e.getCause();
        }
        for (Path group : groups.reversed()) {
            long deadline = System.nanoTime() + DELETE_NANOS;
            while (!deleted(group)) {
                if (System.nanoTime() > deadline) {
                    throw new IOException("The cgroup %s still has processes: %s"
                            .formatted(
                                    group, read(group.resolve("cgroup.procs")).replace('\n', ' ')));
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** rmdir says EBUSY while a process in it has not yet been reaped. */
    private static boolean deleted(Path group) throws IOException {
        try {
            Files.deleteIfExists(group);
            return true;
        } catch (DirectoryNotEmptyException e) {
            return false;
        } catch (java.nio.file.FileSystemException e) {
            if (String.valueOf(e.getReason()).contains("busy")) {
                return false;
            }
            throw e;
        }
    }

    private Set<Path> directories() {
        Set<Path> result = new LinkedHashSet<>();
        unified.ifPresent(result::add);
        result.addAll(controllers.values());
        return result;
    }

    private static long workingSet(long usage, String stat, String inactive) {
        return Math.max(0, usage - field(stat, inactive));
    }

    private static long field(String text, String name) {
        return text.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToLong(
                        line -> Long.parseLong(line.substring(name.length() + 1).strip()))
                .findFirst()
                .orElse(0);
    }

    private static long number(Path file) throws IOException {
        String text = read(file).strip();
        return text.isEmpty() ? 0 : Long.parseLong(text);
    }

    /** Empty when the file, or the group, is gone. */
    private static String read(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            if (Files.exists(file)) {
                throw e;
            }
            return ""; // ENODEV: the group went away between open and read
        }
    }

    static void write(Path file, String value) throws IOException {
        try {
            Files.write(file, value.getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new IOException("Could not write %s to %s: %s".formatted(value, file, e.getMessage()), e);
        }
    }

    private static void writeIfPresent(Path file, String value) throws IOException {
        if (Files.exists(file)) {
            write(file, value);
        }
    }
}
