package dev.gantry.common.network;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Where other hosts may reach this one. */
public final class HostAddresses {
    public static final String LOOPBACK = "127.0.0.1";

    /** Links of pods begin with it. */
    private static final String OWN_LINKS = "gantry";

    private HostAddresses() {}

    /** IPv4, of links that are up, in the order of the links; link-local ones and those of pods' links don't count. Empty on a host without any. */
    public static List<String> all() throws SocketException {
        List<String> found = new ArrayList<>();
        for (NetworkInterface link : NetworkInterface.networkInterfaces()
                .sorted(Comparator.comparingInt(NetworkInterface::getIndex))
                .toList()) {
            if (link.isLoopback() || !link.isUp() || link.getName().startsWith(OWN_LINKS)) {
                continue;
            }
            link.inetAddresses()
                    .filter(address -> address instanceof Inet4Address && !address.isLinkLocalAddress())
                    .map(InetAddress::getHostAddress)
                    .forEach(found::add);
        }
        return List.copyOf(found);
    }
}
