package dev.gantry.controlplane.zookeeper;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.gantry.common.crash.CrashPoint;
import dev.gantry.common.identity.CertificateAuthority;
import dev.gantry.common.identity.CertificateAuthority.Purpose;
import dev.gantry.common.identity.Keys;
import dev.gantry.common.identity.Pem;
import dev.gantry.common.identity.PrivateFile;
import dev.gantry.common.identity.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What makes the embedded server a member of a quorum, in a directory of the state directory: who the members are (ZooKeeper keeps that true itself), and
 * the certificate by which they know each other. Without these files the server stands alone.
 */
public final class MemberFiles {
    private static final CrashPoint MEMBERS_WRITTEN = CrashPoint.of("quorum.members-written");
    private static final CrashPoint MEMBER_WRITTEN = CrashPoint.of("quorum.member-written");

    /** In ticks: how long a member may take to load what the leader has, and how far it may be behind. */
    private static final int INIT_LIMIT = 60;

    private static final int SYNC_LIMIT = 6;
    private static final Duration VALIDITY = Duration.ofDays(3650);
    private static final String SELF = "self";
    private static final String MEMBERS_KEY = "dynamicConfigFile=";

    private final Path directory;

    public MemberFiles(Path directory) {
        this.directory = requireNonNull(directory, "directory is null");
    }

    /** Whether this server is a member of a quorum. */
    public boolean exist() {
        return Files.exists(configuration());
    }

    /** PEM: this member's private key and certificate chain, mode 0600. */
    private Path identity() {
        return directory.resolve("member.pem");
    }

    /** PEM: the authority that has signed every member's certificate, and nothing else. */
    private Path authority() {
        return directory.resolve("members-authority.pem");
    }

    /** Makes the certificate by which the other members know this one. It lasts as long as the authority. */
    public void identify(CertificateAuthority authority, int id) throws IOException {
        PrivateFile.createDirectories(directory);
        KeyPair keys = Keys.generate();
        X509Certificate certificate = authority.issue(
                keys.getPublic(),
                new Subject("gantry-quorum-member-" + id, List.of(Subject.CONTROL_PLANES)),
                Purpose.PEER,
                List.of(),
                VALIDITY);
        PrivateFile.write(
                identity(),
                (Pem.encode(keys.getPrivate()) + Pem.encode(certificate) + Pem.encode(authority.certificate()))
                        .getBytes(US_ASCII));
        PrivateFile.write(authority(), Pem.encode(authority.certificate()).getBytes(US_ASCII));
    }

    /**
     * From its next start the server is this member. It must have been {@linkplain #identify identified}.
     *
     * @param members the quorum as it is, with this one
     */
    public void write(QuorumMember self, List<QuorumMember> members) throws IOException {
        PrivateFile.createDirectories(directory);
        List<String> lines = new ArrayList<>();
        members.stream().filter(member -> member.id() != self.id()).forEach(member -> lines.add(member.line()));
        // its version is in a file's name: what the others have agreed on is newer than what one that joins was told
        Path first = directory.resolve("members." + (lines.isEmpty() ? 1 : 0));
        lines.add(self.line());
        write(first, lines);
        write(directory.resolve(SELF), List.of(self.line()));
        MEMBERS_WRITTEN.reach();
        write(configuration(), List.of(MEMBERS_KEY + first));
        MEMBER_WRITTEN.reach();
    }

    /** This member, when it joined; it may vote since. @throws IOException when the file is not as it must be */
    public QuorumMember self() throws IOException {
        Path file = directory.resolve(SELF);
        try {
            return QuorumMember.parse(Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw new IOException("%s is not as we wrote it: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** Brings everything but the members to what this version wants. @return the file that the server reads */
    Path prepare(Path snapshots, Path logs) throws IOException {
        write(snapshots.resolve("myid"), List.of(Integer.toString(self().id())));
        write(
                configuration(),
                List.of(
                        MEMBERS_KEY + membersFile(),
                        "dataDir=" + snapshots,
                        "dataLogDir=" + logs,
                        "tickTime=" + ZooKeeperLimits.TICK_MILLIS,
                        "initLimit=" + INIT_LIMIT,
                        "syncLimit=" + SYNC_LIMIT,
                        "maxClientCnxns=64",
                        "reconfigEnabled=true",
                        "standaloneEnabled=false",
                        "sslQuorum=true",
                        "ssl.quorum.keyStore.location=" + identity(),
                        "ssl.quorum.keyStore.type=PEM",
                        "ssl.quorum.trustStore.location=" + authority(),
                        "ssl.quorum.trustStore.type=PEM",
                        // whoever has a certificate of this authority is a control plane; addresses may change
                        "ssl.quorum.hostnameVerification=false"));
        return configuration();
    }

    private String membersFile() throws IOException {
        return Files.readAllLines(configuration()).stream()
                .filter(line -> line.startsWith(MEMBERS_KEY))
                .map(line -> line.substring(MEMBERS_KEY.length()))
                .findFirst()
                .orElseThrow(() -> new IOException("%s does not say where the members are".formatted(configuration())));
    }

    private Path configuration() {
        return directory.resolve("member.cfg");
    }

    private static void write(Path file, List<String> lines) throws IOException {
        PrivateFile.write(file, (String.join("\n", lines) + "\n").getBytes(UTF_8));
    }
}
