package dev.gantry.controlplane.http;

/** Answers requests, on a virtual thread of the request's own: it may block. */
@FunctionalInterface
public interface Handler {
    /**
     * @throws dev.gantry.controlplane.resource.ApiException and {@link dev.gantry.controlplane.store.StoreException}s are answered as Kubernetes'
     *     Status; anything else as 500
     */
    Response handle(Request request) throws Exception;
}
