package dev.gantry.agent.build.dockerfile;

import java.util.ArrayList;
import java.util.List;

/** Splits arguments at white space outside of quotes. Quotes and escapes stay in the words: {@link Expansion} takes them away. */
final class Words {
    private Words() {}

    static List<SourceText> split(SourceText text, char escape) {
        List<SourceText> words = new ArrayList<>();
        int start = -1;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote == 0 && Character.isWhitespace(c)) {
                if (start >= 0) {
                    words.add(text.substring(start, i));
                    start = -1;
                }
                continue;
            }
            if (start < 0) {
                start = i;
            }
            if (c == escape && quote != '\'' && i + 1 < text.length()) {
                i++;
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == quote) {
                quote = 0;
            }
        }
        if (start >= 0) {
            words.add(text.substring(start));
        }
        return words;
    }
}
