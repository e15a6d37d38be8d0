// The namespace holder: one process per host that keeps pods' namespaces alive. Java class: LauncherNamespaceHolder.
#ifndef GANTRY_HOLDER_H
#define GANTRY_HOLDER_H

// Serves at the socket "holder" in the directory until told to end. `status` gets "S PID START-TIME" once it listens, or "E ERROR TEXT".
int holder_run(int directory, int status);

#endif
