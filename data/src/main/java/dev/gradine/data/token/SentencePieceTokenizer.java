package dev.gradine.data.token;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Byte-pair encoding by piece scores, as SentencePiece's BPE models do it.
///
/// A space is written `▁`. The text starts as single characters; the adjacent pair whose joined piece has the
/// highest score is merged, the leftmost of equals first, until no pair is a piece. A character that is no piece
/// becomes the tokens `<0xNN>` of its UTF-8 bytes. Special tokens written in the text are cut out first.
/// Kudo & Richardson 2018 (arXiv:1808.06226), section 3.1, with scores in place of merge ranks.
public final class SentencePieceTokenizer implements Tokenizer {
    static final char SPACE = '\u2581';

    private final PieceTable pieces;
    private final SpecialTokens special;
    private final Options options;
    private final SpecialSplitter splitter;

    /// What is put around a text.
    ///
    /// @param spacePrefix whether a text starts with a space that is not in it
    /// @param addBos whether BOS is put before a text when special tokens are asked for
    /// @param addEos whether EOS is put after it
    record Options(boolean spacePrefix, boolean addBos, boolean addEos) {}

    SentencePieceTokenizer(PieceTable pieces, SpecialTokens special, Options options) {
        this.pieces = pieces;
        this.special = special.within(pieces.size(), pieces.what());
        this.options = options;
        this.splitter = new SpecialSplitter(pieces.cutOut());
    }

    @Override
    public TokenSpans spans(String text, boolean addSpecialTokens) {
        var out = new SpanList();
        if (addSpecialTokens && options.addBos() && hasBos()) out.add(bos(), 0, 0);
        for (SpecialSplitter.Part part : splitter.split(text)) {
            if (part.special()) out.add(pieces.id(part.text(text)), part.start(), part.end());
            else encodePart(text, part, out);
        }
        if (addSpecialTokens && options.addEos() && hasEos()) out.add(eos(), text.length(), text.length());
        return out.toSpans();
    }

    private void encodePart(String text, SpecialSplitter.Part part, SpanList out) {
        String plain = part.text(text).replace(' ', SPACE);
        int shift = options.spacePrefix() ? 1 : 0;
        String marked = shift == 1 ? SPACE + plain : plain;
        for (int[] piece : new ScoreMerge(marked, pieces).merge()) {
            int start = part.start() + Math.max(0, piece[0] - shift);
            int end = part.start() + Math.max(0, piece[1] - shift);
            String s = marked.substring(piece[0], piece[1]);
            if (pieces.isText(s)) out.add(pieces.id(s), start, end);
            else for (byte b : s.getBytes(UTF_8)) out.add(pieces.byteId(b), start, end);
        }
    }

    /// The text of `ids`. A leading space is dropped when the ids start with BOS, because encoding put it there;
    /// otherwise the ids may continue a text and the space belongs to it.
    @Override
    public String decode(int[] ids, boolean skipSpecial) {
        var bytes = new ByteArrayOutputStream(4 * ids.length);
        boolean strip = options.spacePrefix() && ids.length > 0 && ids[0] == special.bos();
        for (int id : ids) {
            boolean mark = isSpecial(id);
            if (mark && skipSpecial) continue;
            byte[] piece = pieces.bytes(id);
            boolean drop = strip && !mark && piece.length > 0 && piece[0] == ' ';
            bytes.write(piece, drop ? 1 : 0, piece.length - (drop ? 1 : 0));
            strip = strip && mark;
        }
        return bytes.toString(UTF_8);
    }

    @Override
    public int vocabSize() {
        return pieces.size();
    }

    @Override
    public String token(int id) {
        return pieces.piece(id);
    }

    @Override
    public boolean hasToken(String token) {
        return pieces.has(token);
    }

    @Override
    public int id(String token) {
        return pieces.id(token);
    }

    @Override
    public boolean isSpecial(int id) {
        return pieces.isSpecial(id);
    }

    /// The tokenizer as metadata of a GGUF file.
    void describe(Map<String, Object> m) {
        m.put("tokenizer.ggml.model", "llama");
        m.put("tokenizer.ggml.pre", "default");
        m.put("tokenizer.ggml.tokens", pieces.all());
        m.put("tokenizer.ggml.scores", pieces.scores());
        m.put("tokenizer.ggml.token_type", pieces.kinds());
        m.put("tokenizer.ggml.add_space_prefix", options.spacePrefix());
    }

    @Override
    public SpecialTokens special() {
        return special;
    }

    /// Grows the three arrays of a [TokenSpans].
    private static final class SpanList {
        private final List<int[]> rows = new ArrayList<>();

        void add(int id, int start, int end) {
            rows.add(new int[] {id, start, end});
        }

        TokenSpans toSpans() {
            return new TokenSpans(column(0), column(1), column(2));
        }

        private int[] column(int c) {
            return rows.stream().mapToInt(r -> r[c]).toArray();
        }
    }
}
