package dev.gantry.controlplane.dispatch;

import dev.gantry.controlplane.dispatch.Hold.HoldException;
import dev.gantry.wire.node.v1.ExecAction;
import dev.gantry.wire.node.v1.Handler;
import dev.gantry.wire.node.v1.HttpAction;
import dev.gantry.wire.node.v1.Probe;
import dev.gantry.wire.node.v1.SleepAction;
import dev.gantry.wire.node.v1.TcpAction;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.TCPSocketAction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Probes and lifecycle hooks, with named ports resolved and Kubernetes' defaults filled in. */
final class HandlerConverter {
    private final Container container;

    HandlerConverter(Container container) {
        this.container = container;
    }

    Probe probe(io.fabric8.kubernetes.api.model.Probe probe) throws HoldException {
        if (probe.getGrpc() != null) {
            throw new HoldException(
                    "container %s has a grpc probe, which this version does not know; expected exec, httpGet or tcpSocket"
                            .formatted(container.getName()));
        }
        return Probe.newBuilder()
                .setHandler(handler(probe.getExec(), probe.getHttpGet(), probe.getTcpSocket()))
                .setInitialDelaySeconds(or(probe.getInitialDelaySeconds(), 0))
                .setPeriodSeconds(or(probe.getPeriodSeconds(), 10))
                .setTimeoutSeconds(or(probe.getTimeoutSeconds(), 1))
                .setSuccessThreshold(or(probe.getSuccessThreshold(), 1))
                .setFailureThreshold(or(probe.getFailureThreshold(), 3))
                .setTerminationGraceSeconds(
                        probe.getTerminationGracePeriodSeconds() == null
                                ? 0
                                : Math.toIntExact(probe.getTerminationGracePeriodSeconds()))
                .build();
    }

    Handler hook(LifecycleHandler hook) throws HoldException {
        if (hook.getSleep() != null) {
            return Handler.newBuilder()
                    .setSleep(SleepAction.newBuilder()
                            .setSeconds(
                                    hook.getSleep().getSeconds() == null
                                            ? 0
                                            : hook.getSleep().getSeconds()))
                    .build();
        }
        return handler(hook.getExec(), hook.getHttpGet(), hook.getTcpSocket());
    }

    private Handler handler(
            io.fabric8.kubernetes.api.model.@Nullable ExecAction exec,
            @Nullable HTTPGetAction http,
            @Nullable TCPSocketAction tcp)
            throws HoldException {
        if (exec != null) {
            return Handler.newBuilder()
                    .setExec(ExecAction.newBuilder()
                            .addAllCommand(exec.getCommand() == null ? List.of() : exec.getCommand()))
                    .build();
        }
        if (http != null) {
            return Handler.newBuilder().setHttp(http(http)).build();
        }
        if (tcp != null) {
            return Handler.newBuilder()
                    .setTcp(TcpAction.newBuilder()
                            .setHost(orEmpty(tcp.getHost()))
                            .setPort(port(tcp.getPort())))
                    .build();
        }
        throw new HoldException(
                "container %s has a probe or hook without an action; expected exec, httpGet or tcpSocket"
                        .formatted(container.getName()));
    }

    private HttpAction http(HTTPGetAction http) throws HoldException {
        HttpAction.Builder action = HttpAction.newBuilder()
                .setHost(orEmpty(http.getHost()))
                .setPort(port(http.getPort()))
                .setPath(http.getPath() == null || http.getPath().isEmpty() ? "/" : http.getPath())
                .setTls("HTTPS".equals(http.getScheme()));
        if (http.getHttpHeaders() != null) {
            http.getHttpHeaders()
                    .forEach(header -> action.addHeaders(HttpAction.Header.newBuilder()
                            .setName(header.getName())
                            .setValue(orEmpty(header.getValue()))));
        }
        return action.build();
    }

    private int port(@Nullable IntOrString port) throws HoldException {
        if (port != null && port.getIntVal() != null) {
            return port.getIntVal();
        }
        String name = port == null ? "" : orEmpty(port.getStrVal());
        if (name.matches("[0-9]{1,5}")) {
            return Integer.parseInt(name);
        }
        return (container.getPorts() == null ? List.<ContainerPort>of() : container.getPorts())
                .stream()
                        .filter(candidate -> name.equals(candidate.getName()))
                        .map(ContainerPort::getContainerPort)
                        .findFirst()
                        .orElseThrow(
                                () -> new HoldException("container %s has no port named %s, which a probe or hook names"
                                        .formatted(container.getName(), name)));
    }

    private static int or(@Nullable Integer value, int otherwise) {
        return value == null || value == 0 ? otherwise : value;
    }

    private static String orEmpty(@Nullable String value) {
        return value == null ? "" : value;
    }
}
