package dev.gradine.data.token;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;

/// What SentencePiece does to a text before it looks for pieces.
///
/// Each longest stretch that the table of replacements knows is replaced, but for a user-defined symbol, which stays.
/// Spaces become `▁`; those at the ends are dropped and runs of them become one, if `trims` says so; then a `▁` is
/// put before a text that is not empty, if `prefixes` says so. Kudo & Richardson 2018 (arXiv:1808.06226), section 3.2.
///
/// @param map the table of replacements; [PrecompiledMap#NONE] has none
/// @param symbols user-defined symbols, the longest first where several begin alike
/// @param trims whether spaces at the ends and in runs are dropped
/// @param prefixes whether a space is put before the text
record PieceNormalizer(PrecompiledMap map, SpecialSplitter symbols, boolean trims, boolean prefixes) {

    /// Spaces alone, as GGUF's model `llama` has it.
    static PieceNormalizer spaces(boolean prefixes) {
        return new PieceNormalizer(PrecompiledMap.NONE, new SpecialSplitter(List.of()), false, prefixes);
    }

    /// A normalised text: UTF-16 unit `i` of it comes from the stretch `from(i)` to `to(i)` of the text before.
    static final class Marked {
        private final StringBuilder text = new StringBuilder();
        private int[] from = new int[64];
        private int[] to = new int[64];

        String text() {
            return text.toString();
        }

        int from(int i) {
            return from[i];
        }

        int to(int i) {
            return to[i];
        }

        private void add(char c, int start, int end) {
            if (text.length() == from.length) {
                from = Arrays.copyOf(from, 2 * from.length);
                to = Arrays.copyOf(to, 2 * to.length);
            }
            from[text.length()] = start;
            to[text.length()] = end;
            text.append(c);
        }
    }

    /// The text as pieces are looked for in it.
    Marked normalize(String text) {
        var out = new Marked();
        byte[] bytes = text.getBytes(UTF_8);
        boolean spaceBefore = trims;
        int at = 0;
        for (int unit = 0; unit < text.length(); ) {
            int symbol = symbols.match(text, unit);
            int[] known = symbol > 0 ? new int[2] : map.longest(bytes, at);
            int units = symbol > 0 ? symbol : known[0] > 0 ? units(bytes, at, known[0]) : point(text, unit);
            String now = known[0] > 0 ? map.replacement(known[1]) : text.substring(unit, unit + units);
            for (int i = 0; i < now.length(); i++) {
                char c = now.charAt(i);
                if (c == ' ' && spaceBefore) continue;
                if (prefixes && out.text.isEmpty()) out.add(SentencePieceTokenizer.SPACE, unit, unit);
                out.add(c == ' ' ? SentencePieceTokenizer.SPACE : c, unit, unit + units);
                spaceBefore = trims && c == ' ';
            }
            at += known[0] > 0 ? known[0] : utf8(text, unit, unit + units);
            unit += units;
        }
        int end = out.text.length();
        while (trims && end > 0 && out.text.charAt(end - 1) == SentencePieceTokenizer.SPACE) end--;
        out.text.setLength(end);
        return out;
    }

    private static int point(String text, int unit) {
        return Character.charCount(text.codePointAt(unit));
    }

    private static int units(byte[] bytes, int at, int length) {
        return new String(bytes, at, length, UTF_8).length();
    }

    private static int utf8(String text, int start, int end) {
        return text.substring(start, end).getBytes(UTF_8).length;
    }
}
