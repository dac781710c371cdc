package dev.gradine.data.token;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// SentencePiece's table of replacements, `precompiled_charsmap`: a trie of bytes as a double array, then the
/// replacements, each ended by a zero byte.
///
/// ```
/// file  = uint32 bytes of the trie, trie of uint32 units, replacements in UTF-8      (base64 of this)
/// unit  = leaf value (31 bits), or label (bits 0–7 and 31), has a leaf (bit 8), offset (bits 10–30, ·256 if bit 9)
/// step  : unit' = trie[p ^ offset ^ byte], going on if its label is the byte
/// ```
///
/// Every step that any text can take is tried here: it must stay in the array, and its leaf must name a place in the
/// replacements where a character begins.
final class PrecompiledMap {
    private static final int LONGEST = 64; // bytes of a replacement; SentencePiece's own longest has 33

    /// The table without a replacement.
    static final PrecompiledMap NONE = new PrecompiledMap("", new int[256], new byte[0]);

    private final String where;
    private final int[] trie;
    private final byte[] replacements;
    private final BitSet seen = new BitSet();
    private final Deque<Integer> open = new ArrayDeque<>();

    private PrecompiledMap(String where, int[] trie, byte[] replacements) {
        this.where = where;
        this.trie = trie;
        this.replacements = replacements;
    }

    /// Checks the field of a `Precompiled` normalizer.
    static void require(JsonFields fields) {
        String text = fields.text("precompiled_charsmap", 1 << 24);
        String where = fields.where("precompiled_charsmap");
        try {
            of(where, Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException e) {
            throw e instanceof TokenizerException ours ? ours : broken(where, "is not base64", e);
        }
    }

    /// The table, after all checks.
    ///
    /// @param where file and place, named in errors
    static PrecompiledMap of(String where, byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < 4) throw broken(where, "is cut off", null);
        long size = Integer.toUnsignedLong(in.getInt());
        if (size < 4 || size % 4 != 0 || size > in.remaining()) throw broken(where, "is cut off", null);
        int[] trie = new int[(int) size / 4];
        in.asIntBuffer().get(trie);
        in.position(4 + (int) size);
        byte[] replacements = new byte[in.remaining()];
        in.get(replacements);
        var map = new PrecompiledMap(where, trie, replacements);
        map.walk();
        return map;
    }

    /// What the longest stretch of `text` from byte `at` on that the table knows becomes.
    ///
    /// @return how many bytes of the text it is, and where the replacement begins; both 0 if there is none
    int[] longest(byte[] text, int at) {
        int[] found = {0, 0};
        int node = offset(trie[0]);
        for (int i = at; i < text.length; i++) {
            int b = text[i] & 0xFF;
            int next = node ^ b;
            if (b == 0 || (trie[next] & 0x800000FF) != b) break;
            node = next ^ offset(trie[next]);
            if ((trie[next] >> 8 & 1) == 1) {
                found[0] = i + 1 - at;
                found[1] = trie[node] & 0x7FFFFFFF;
            }
        }
        return found;
    }

    /// The replacement that begins at byte `index`.
    String replacement(int index) {
        int end = index;
        while (end < replacements.length && replacements[end] != 0) end++;
        return new String(replacements, index, end - index, StandardCharsets.UTF_8);
    }

    private void walk() {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
        } catch (CharacterCodingException e) {
            throw broken(where, "holds replacements that are not UTF-8", e);
        }
        push(offset(trie[0]));
        while (!open.isEmpty()) {
            int at = open.pop();
            for (int b = 1; b < 256; b++) step(at ^ b, b);
        }
    }

    private void push(int at) {
        if (at < 0) throw broken(where, "leads out of its trie", null);
        if (seen.get(at)) return;
        seen.set(at);
        open.push(at);
    }

    private void step(int at, int b) {
        if (at >= trie.length) throw broken(where, "leads out of its trie", null);
        int unit = trie[at];
        if ((unit & 0x800000FF) != b) return;
        int next = at ^ offset(unit);
        if (next < 0 || next >= trie.length) throw broken(where, "leads out of its trie", null);
        if ((unit >> 8 & 1) == 1) leaf(trie[next] & 0x7FFFFFFF);
        push(next);
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >> 6);
    }

    private void leaf(int index) {
        boolean inside = index <= replacements.length;
        boolean begins = inside && (index == replacements.length || (replacements[index] & 0xC0) != 0x80);
        if (!begins) throw broken(where, "names a replacement that is not there", null);
        int end = index;
        while (end < replacements.length && replacements[end] != 0) end++;
        if (end - index > LONGEST) throw broken(where, "has a replacement of more than " + LONGEST + " bytes", null);
    }

    private static TokenizerException broken(String where, String what, @Nullable Exception cause) {
        String message = where + " " + what + ", expected SentencePiece's table";
        return cause == null ? new TokenizerException(message) : new TokenizerException(message, cause);
    }
}
