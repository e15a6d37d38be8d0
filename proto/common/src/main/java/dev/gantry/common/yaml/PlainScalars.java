package dev.gantry.common.yaml;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What unquoted words mean. Kubernetes' own parser follows YAML 1.1 here: {@code yes} is a boolean and {@code 0644} is octal, and manifests rely on
 * the latter for file modes.
 */
final class PlainScalars {
    private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
    private static final Set<String> TRUES = Set.of("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON");
    private static final Set<String> FALSES = Set.of("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF");
    private static final Pattern DECIMAL = Pattern.compile("[-+]?(0|[1-9][0-9_]*)");
    private static final Pattern OCTAL = Pattern.compile("0o?[0-7_]+");
    private static final Pattern HEXADECIMAL = Pattern.compile("0x[0-9a-fA-F_]+");
    private static final Pattern FLOAT = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?");
    private static final JsonNodeFactory JSON = JsonNodeFactory.withExactBigDecimals(true);

    private PlainScalars() {}

    static JsonNode resolve(String text) {
        if (NULLS.contains(text)) {
            return JSON.nullNode();
        }
        if (TRUES.contains(text)) {
            return JSON.booleanNode(true);
        }
        if (FALSES.contains(text)) {
            return JSON.booleanNode(false);
        }
        if (DECIMAL.matcher(text).matches()) {
            return integer(text.replace("_", "").replace("+", ""), 10);
        }
        if (OCTAL.matcher(text).matches()) {
            return integer(text.replace("_", "").replace("o", ""), 8);
        }
        if (HEXADECIMAL.matcher(text).matches()) {
            return integer(text.substring(2).replace("_", ""), 16);
        }
        if (FLOAT.matcher(text).matches()) {
            return JSON.numberNode(new BigDecimal(text));
        }
        return JSON.textNode(text);
    }

    private static JsonNode integer(String digits, int radix) {
        BigInteger value = new BigInteger(digits, radix);
        return value.bitLength() < Long.SIZE ? JSON.numberNode(value.longValue()) : JSON.numberNode(value);
    }
}
