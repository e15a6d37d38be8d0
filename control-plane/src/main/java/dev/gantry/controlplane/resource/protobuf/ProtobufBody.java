package dev.gantry.controlplane.resource.protobuf;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.gantry.controlplane.resource.Json;
import java.io.IOException;

/**
 * One object as Kubernetes' clients send it (Kubernetes, "API concepts", "Kubernetes Protobuf encoding"): four magic bytes, then a message {@code
 * runtime.Unknown} that names the kind and holds the object's own message.
 */
public final class ProtobufBody {
    /** Of requests with such a body. */
    public static final String MEDIA_TYPE = "application/vnd.kubernetes.protobuf";

    private static final byte[] MAGIC = {'k', '8', 's', 0};

    /** Sent with the version of whatever group is meant. */
    private static final String DELETE_OPTIONS = "DeleteOptions";

    private ProtobufBody() {}

    /**
     * The object as JSON. Fields that the table does not know are there as null, named by their number, so that whoever looks for unknown fields finds
     * them.
     *
     * @throws ProtobufException when it is no such body, or of a kind that is not known here
     */
    public static ObjectNode read(byte[] body) throws ProtobufException {
        for (int i = 0; i < MAGIC.length; i++) {
            if (body.length <= i || body[i] != MAGIC[i]) {
                throw broken("it does not begin with the bytes \"%s\\0\"".formatted(new String(MAGIC, 0, 3, US_ASCII)));
            }
        }
        try {
            return readUnknown(CodedInputStream.newInstance(body, MAGIC.length, body.length - MAGIC.length));
        } catch (IOException e) {
            throw broken(String.valueOf(e.getMessage()));
        }
    }

    private static ObjectNode readUnknown(CodedInputStream in) throws IOException, ProtobufException {
        String apiVersion = "";
        String kind = "";
        byte[] raw = {};
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> {
                    CodedInputStream type = CodedInputStream.newInstance(in.readByteArray());
                    for (int inner = type.readTag(); inner != 0; inner = type.readTag()) {
                        switch (inner) {
                            case 1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
                                apiVersion = type.readStringRequireUtf8();
                            case 2 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> kind = type.readStringRequireUtf8();
                            default -> TreeReader.skip(type, inner);
                        }
                    }
                }
                case 2 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> raw = in.readByteArray();
                default -> TreeReader.skip(in, tag);
            }
        }
        ObjectNode object = Json.object();
        object.put("apiVersion", apiVersion).put("kind", kind);
        new TreeReader().read(CodedInputStream.newInstance(raw), message(apiVersion, kind), object);
        return object;
    }

    /** The message of a kind; that of {@code rbac.authorization.k8s.io/v1} lies in the package {@code rbac/v1}. */
    private static String message(String apiVersion, String kind) throws ProtobufException {
        int slash = apiVersion.indexOf('/');
        String group = slash < 0 ? "core" : apiVersion.substring(0, slash).split("\\.", 2)[0];
        String message = kind.equals(DELETE_OPTIONS)
                ? "meta/v1." + DELETE_OPTIONS
                : "%s/%s.%s".formatted(group, apiVersion.substring(slash + 1), kind);
        if (FieldTable.get().fields(message) == null) {
            throw new ProtobufException(
                    "a body of kind \"%s\" in version \"%s\" can't be read as protobuf".formatted(kind, apiVersion),
                    true);
        }
        return message;
    }

    static ProtobufException broken(String why) {
        return new ProtobufException("the body is not protobuf that can be read: " + why, false);
    }
}
