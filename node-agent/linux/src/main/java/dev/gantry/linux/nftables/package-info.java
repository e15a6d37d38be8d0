/**
 * nftables over nfnetlink, written from the kernel's headers (linux/netfilter/nf_tables.h): elements of maps and sets in transactions. Rulesets are
 * text for the nft program; nothing here lists a big map, and nothing links libnftables.
 */
@NullMarked
package dev.gantry.linux.nftables;

import org.jspecify.annotations.NullMarked;
