package dev.gantry.scheduler;

/** Why a node can't take a pod: the constants that filters give, and how they read in a sentence for one node and for several. */
public enum Reason {
    NOT_THE_NODE_ASKED_FOR("is not the node asked for", "are not the node asked for"),
    CORDONED("is cordoned", "are cordoned"),
    NOT_READY("is not ready", "are not ready"),
    TAINTED("has a taint that the pod doesn't tolerate", "have a taint that the pod doesn't tolerate"),
    NODE_SELECTOR("doesn't match the node selector", "don't match the node selector"),
    NODE_AFFINITY("doesn't match the required node affinity", "don't match the required node affinity"),
    HOST_PORT("has the host port in use", "have the host port in use"),
    TOO_LITTLE_CPU("lacks", "lack"),
    TOO_LITTLE_MEMORY("lacks", "lack"),
    TOO_LITTLE_EPHEMERAL_STORAGE("lacks", "lack"),
    TOO_MANY_PODS("has no room for another pod", "have no room for another pod"),
    TOO_LITTLE_OF_EXTENDED_RESOURCE("lacks", "lack");

    private final String one;
    private final String several;

    Reason(String one, String several) {
        this.one = one;
        this.several = several;
    }

    String phrase(long nodes) {
        return nodes == 1 ? one : several;
    }
}
