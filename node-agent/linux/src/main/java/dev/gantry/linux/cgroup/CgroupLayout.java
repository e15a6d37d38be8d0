package dev.gantry.linux.cgroup;

/** How cgroups are mounted on a host. */
public enum CgroupLayout {
    /** One hierarchy per controller. */
    V1,
    /** Controllers in version 1, and a version 2 hierarchy beside them, for killing and freezing. */
    HYBRID,
    V2
}
