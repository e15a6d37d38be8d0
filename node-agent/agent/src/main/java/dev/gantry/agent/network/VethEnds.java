package dev.gantry.agent.network;

import static java.util.Objects.requireNonNull;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * The names of a veth pair. A deleted pair goes away in its own time, hence a new name for each.
 *
 * @param link the near end, at most 15 characters
 * @param hardwareAddress of the far end, which is called eth0
 */
record VethEnds(String link, String hardwareAddress) {
    VethEnds {
        requireNonNull(link, "link is null");
        requireNonNull(hardwareAddress, "hardwareAddress is null");
    }

    static VethEnds random(RandomGenerator random) {
        HexFormat hex = HexFormat.of();
        byte[] hardware = new byte[6];
        random.nextBytes(hardware);
        hardware[0] = 2; // locally administered, unicast
        return new VethEnds(
                NetworkConfig.LINK_PREFIX + hex.toHexDigits(random.nextInt()),
                HexFormat.ofDelimiter(":").formatHex(hardware));
    }
}
