package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/// The pieces of a SentencePiece model: strings, scores and kinds.
final class PieceTable {
    /// Kinds of pieces, by the numbers SentencePiece and GGUF give them.
    static final int NORMAL = 1;

    static final int UNKNOWN = 2;
    static final int CONTROL = 3;
    static final int USER_DEFINED = 4;
    static final int UNUSED = 5;
    static final int BYTE = 6;

    private final String what;
    private final Vocabulary vocabulary;
    private final float[] scores;
    private final int[] kinds;
    private final int unknown;
    private final int[] byteIds = new int[256];

    /// @param what file or source, named in errors
    /// @param scores one per piece; higher merges earlier
    /// @param kinds one per piece
    PieceTable(String what, String[] pieces, float[] scores, int[] kinds) {
        require(scores.length == pieces.length, sizes(what, "scores", scores.length, pieces.length));
        require(kinds.length == pieces.length, sizes(what, "token types", kinds.length, pieces.length));
        var special = new BitSet();
        for (int i = 0; i < kinds.length; i++) special.set(i, kinds[i] == CONTROL || kinds[i] == UNKNOWN);
        this.what = what;
        this.vocabulary = new Vocabulary(what, pieces, special);
        this.scores = scores;
        this.kinds = kinds;
        int last = 0;
        for (int i = 0; i < kinds.length; i++) if (kinds[i] == UNKNOWN) last = i;
        this.unknown = last;
        for (int b = 0; b < 256; b++) byteIds[b] = vocabulary.idOr(String.format("<0x%02X>", b), unknown);
    }

    private static String sizes(String what, String name, int is, int expected) {
        return what + ": has " + is + " " + name + ", expected " + expected + " (one per token)";
    }

    String what() {
        return what;
    }

    int size() {
        return vocabulary.size();
    }

    String piece(int id) {
        return vocabulary.token(id);
    }

    /// All pieces, by id.
    List<String> all() {
        return IntStream.range(0, size()).mapToObj(this::piece).toList();
    }

    /// The scores, by id.
    float[] scores() {
        return scores.clone();
    }

    /// The kinds, by id.
    int[] kinds() {
        return kinds.clone();
    }

    boolean has(String piece) {
        return vocabulary.has(piece);
    }

    int id(String piece) {
        return vocabulary.id(piece);
    }

    boolean isSpecial(int id) {
        return vocabulary.isSpecial(id);
    }

    /// Whether the string is a piece that text may become; marks are not, so that text cannot forge them by merging.
    boolean isText(String s) {
        int id = vocabulary.idOr(s, -1);
        return id >= 0 && (kinds[id] == NORMAL || kinds[id] == USER_DEFINED);
    }

    float score(String s) {
        return scores[vocabulary.id(s)];
    }

    int byteId(byte b) {
        return byteIds[b & 0xFF];
    }

    /// The bytes a token stands for.
    byte[] bytes(int id) {
        if (!vocabulary.knows(id)) return new byte[0];
        String piece = vocabulary.token(id);
        if (kinds[id] == BYTE) return new byte[] {(byte) Integer.parseInt(piece.substring(3, 5), 16)};
        return piece.replace(SentencePieceTokenizer.SPACE, ' ').getBytes(UTF_8);
    }

    /// Kind of a piece.
    int kind(int id) {
        return kinds[id];
    }

    /// Tokens by id.
    Vocabulary vocabulary() {
        return vocabulary;
    }

    /// Whether a character that is no piece becomes its bytes.
    boolean hasBytes() {
        return IntStream.of(kinds).anyMatch(k -> k == BYTE);
    }

    /// The piece that stands for what is no piece.
    int unknown() {
        return unknown;
    }

    /// The tokens that are cut out of a text before it is merged.
    List<String> cutOut() {
        List<String> out = new ArrayList<>();
        for (int i = 0; i < kinds.length; i++) {
            boolean cut = kinds[i] == CONTROL || kinds[i] == USER_DEFINED;
            if (cut && !piece(i).isEmpty()) out.add(piece(i));
        }
        return out;
    }
}
