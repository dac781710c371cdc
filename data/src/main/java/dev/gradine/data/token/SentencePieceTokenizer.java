package dev.gradine.data.token;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/// Pieces of a text, as SentencePiece finds them.
///
/// The text is normalised ([PieceNormalizer]); a space is written `▁`. A unigram model takes the most probable pieces
/// ([BestPath]). BPE starts with single characters; the adjacent pair whose joined piece has the highest score is
/// merged, the leftmost of equals first, until no pair is a piece ([ScoreMerge]). A character that is no piece becomes
/// the tokens `<0xNN>` of its UTF-8 bytes, or a run of them the unknown token where there are none. Special tokens
/// written in the text are cut out first. Kudo & Richardson 2018 (arXiv:1808.06226), section 3.1, with scores in place
/// of merge ranks.
public final class SentencePieceTokenizer implements Tokenizer {
    static final char SPACE = '\u2581';

    private final PieceTable pieces;
    private final SpecialTokens special;
    private final Options options;
    private final SpecialSplitter splitter;

    private final boolean bytes;
    private final BestPath path;
    private final List<String> notes;

    /// How a text becomes pieces, and what is put around it.
    ///
    /// @param normalizer what is done to a text before; its symbols are found in the text, others are cut out of it
    /// @param unigram whether the most probable pieces are taken rather than merged ones
    /// @param addBos whether BOS is put before a text when special tokens are asked for
    /// @param addEos whether EOS is put after it
    record Options(PieceNormalizer normalizer, boolean unigram, boolean addBos, boolean addEos) {}

    SentencePieceTokenizer(PieceTable pieces, SpecialTokens special, Options options, List<String> notes) {
        this.pieces = pieces;
        this.special = special.within(pieces.size(), pieces.what());
        this.options = options;
        this.notes = notes;
        this.bytes = pieces.hasBytes();
        this.path = new BestPath(pieces);
        SpecialSplitter symbols = options.normalizer().symbols();
        this.splitter = new SpecialSplitter(pieces.cutOut().stream()
                .filter(s -> symbols.match(s, 0) < s.length())
                .toList());
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
        PieceNormalizer.Marked marked = options.normalizer().normalize(part.text(text));
        boolean unknownBefore = false;
        for (int[] piece : cut(marked.text())) {
            int start = part.start() + marked.from(piece[0]);
            int end = part.start() + marked.to(piece[1] - 1);
            String s = marked.text().substring(piece[0], piece[1]);
            boolean known = pieces.isText(s);
            if (known) out.add(pieces.id(s), start, end);
            else if (bytes) for (byte b : s.getBytes(UTF_8)) out.add(pieces.byteId(b), start, end);
            else if (unknownBefore) out.stretch(end);
            else out.add(pieces.unknown(), start, end);
            unknownBefore = !known;
        }
    }

    private List<int[]> cut(String marked) {
        if (options.unigram()) return path.of(marked);
        List<int[]> units = new ArrayList<>();
        BitSet whole = new BitSet();
        for (int at = 0; at < marked.length(); ) {
            int symbol = options.normalizer().symbols().match(marked, at);
            whole.set(units.size(), symbol > 0);
            int end = symbol > 0 ? at + symbol : at + Character.charCount(marked.codePointAt(at));
            units.add(new int[] {at, end});
            at = end;
        }
        return new ScoreMerge(marked, pieces, units, whole).merge();
    }

    /// The text of `ids`. A leading space is dropped when the ids start with BOS, because encoding put it there;
    /// otherwise the ids may continue a text and the space belongs to it.
    @Override
    public String decode(int[] ids, boolean skipSpecial) {
        var text = new ByteArrayOutputStream(4 * ids.length);
        boolean strip = options.normalizer().prefixes() && ids.length > 0 && ids[0] == special.bos();
        for (int id : ids) {
            boolean mark = isSpecial(id);
            if (mark && skipSpecial) continue;
            byte[] piece = pieces.bytes(id);
            boolean drop = strip && !mark && piece.length > 0 && piece[0] == ' ';
            text.write(piece, drop ? 1 : 0, piece.length - (drop ? 1 : 0));
            strip = strip && mark;
        }
        return text.toString(UTF_8);
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
    ///
    /// @throws TokenizerException if it does more than GGUF's model `llama` can say
    void describe(Map<String, Object> m) {
        PieceNormalizer n = options.normalizer();
        boolean plain = !options.unigram() && !n.trims() && n.map() == PrecompiledMap.NONE;
        TokenizerException.require(
                plain,
                pieces.what() + ": is a unigram model or changes a text before it is cut, which GGUF's model llama"
                        + " cannot say, expected BPE without a normaliser");
        m.put("tokenizer.ggml.model", "llama");
        m.put("tokenizer.ggml.pre", "default");
        m.put("tokenizer.ggml.tokens", pieces.all());
        m.put("tokenizer.ggml.scores", pieces.scores());
        m.put("tokenizer.ggml.token_type", pieces.kinds());
        m.put("tokenizer.ggml.add_space_prefix", options.normalizer().prefixes());
    }

    @Override
    public List<String> notes() {
        return notes;
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

        void stretch(int end) {
            rows.getLast()[2] = end;
        }

        private int[] column(int c) {
            return rows.stream().mapToInt(r -> r[c]).toArray();
        }
    }
}
