package dev.gantry.common.ignore;

import dev.gantry.common.ignore.PathPattern.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * A pattern over slash-separated paths, as Docker has them: {@code *} and {@code ?} stay within a name, {@code **} crosses names, {@code [a-z]} is one of a class,
 * a backslash takes a meaning away. Matching takes at most pattern × path steps, whatever the pattern.
 */
public final class PathPattern {
    private final List<Token> tokens;

    private PathPattern(List<Token> tokens) {
        this.tokens = tokens;
    }

    record Token(Kind kind, char character, String members, boolean negated) {
        enum Kind {
            CHARACTER,
            ANY,
            STAR,
            ANY_PATH,
            /** {@code **} with its slash: nothing, or names with a slash at the end. */
            ANY_DIRECTORIES,
            CLASS
        }

        static Token of(Kind kind) {
            return new Token(kind, (char) 0, "", false);
        }
    }

    public static boolean isPattern(String path) {
        return path.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
    }

    /** @throws IllegalArgumentException for an open class or a backslash at the end */
    public static PathPattern compile(String pattern) {
        List<Token> tokens = new ArrayList<>();
        int at = 0;
        while (at < pattern.length()) {
            char c = pattern.charAt(at);
            if (pattern.startsWith("**/", at)) {
                tokens.add(Token.of(Kind.ANY_DIRECTORIES));
                at += 3;
            } else if (pattern.startsWith("**", at)) {
                tokens.add(Token.of(Kind.ANY_PATH));
                at += 2;
            } else if (c == '[') {
                at = addClass(pattern, at, tokens);
            } else if (c == '\\') {
                if (at + 1 == pattern.length()) {
                    throw new IllegalArgumentException("The pattern %s ends with a backslash".formatted(pattern));
                }
                tokens.add(new Token(Kind.CHARACTER, pattern.charAt(at + 1), "", false));
                at += 2;
            } else {
                tokens.add(
                        c == '*'
                                ? Token.of(Kind.STAR)
                                : c == '?' ? Token.of(Kind.ANY) : new Token(Kind.CHARACTER, c, "", false));
                at++;
            }
        }
        return new PathPattern(tokens);
    }

    private static int addClass(String pattern, int start, List<Token> tokens) {
        int close = pattern.indexOf(']', start + 2);
        if (close < 0) {
            throw new IllegalArgumentException("The pattern %s has a [ without its ]".formatted(pattern));
        }
        String members = pattern.substring(start + 1, close);
        boolean negated = members.startsWith("^") || members.startsWith("!");
        tokens.add(new Token(Kind.CLASS, (char) 0, negated ? members.substring(1) : members, negated));
        return close + 1;
    }

    public boolean matches(String path) {
        boolean[] current = new boolean[path.length() + 1];
        current[0] = true;
        for (Token token : tokens) {
            current = step(token, current, path);
        }
        return current[path.length()];
    }

    /** From the places in the path that may be reached before the token to those after it. */
    private static boolean[] step(Token token, boolean[] before, String path) {
        boolean[] after = new boolean[before.length];
        boolean open = false;
        for (int i = 0; i < before.length; i++) {
            char previous = i == 0 ? 0 : path.charAt(i - 1);
            switch (token.kind()) {
                case STAR -> {
                    open = before[i] || (open && previous != '/');
                    after[i] = open;
                }
                case ANY_PATH -> {
                    open |= before[i];
                    after[i] = open;
                }
                case ANY_DIRECTORIES -> {
                    after[i] = before[i] || (open && previous == '/');
                    open |= before[i];
                }
                default -> after[i] = i > 0 && before[i - 1] && matchesOne(token, previous);
            }
        }
        return after;
    }

    private static boolean matchesOne(Token token, char c) {
        return switch (token.kind()) {
            case CHARACTER -> c == token.character();
            case ANY -> c != '/';
            case CLASS -> c != '/' && isMember(token.members(), c) != token.negated();
            default -> false;
        };
    }

    private static boolean isMember(String members, char c) {
        int at = 0;
        while (at < members.length()) {
            char low = members.charAt(at);
            boolean range = at + 2 < members.length() && members.charAt(at + 1) == '-';
            char high = range ? members.charAt(at + 2) : low;
            if (c >= low && c <= high) {
                return true;
            }
            at += range ? 3 : 1;
        }
        return false;
    }
}
