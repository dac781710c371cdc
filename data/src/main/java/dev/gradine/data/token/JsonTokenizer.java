package dev.gradine.data.token;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A `tokenizer.json`, run by the Rust tokenizers library through DJL.
///
/// The library ends the process at many files that are not what it expects. So the JSON is read and checked here and
/// written anew before the library sees it; the vocabulary and the special tokens come from that reading, too.
public final class JsonTokenizer implements Tokenizer {
    /// DJL truncates to 512 tokens unless told otherwise.
    private static final Map<String, String> OPTIONS = Map.of("truncation", "false", "padding", "false");

    private final String what;
    private final HuggingFaceTokenizer djl;
    private final Vocabulary vocabulary;
    private final SpecialTokens special;
    private final List<String> notes;

    private JsonTokenizer(
            String what, HuggingFaceTokenizer djl, Vocabulary vocabulary, SpecialTokens special, List<String> notes) {
        this.what = what;
        this.djl = djl;
        this.vocabulary = vocabulary;
        this.special = special;
        this.notes = notes;
    }

    /// Reads the text of a `tokenizer.json`.
    ///
    /// @param what file or source, named in errors
    /// @throws TokenizerException if the text is not a tokenizer
    public static JsonTokenizer parse(String what, String json, SpecialTokens special) {
        return parse(what, json, DeclaredTokens.none(), _ -> special);
    }

    /// Reads the text of a `tokenizer.json`, with tokens declared elsewhere and special tokens known by name.
    static JsonTokenizer parse(String what, String json, DeclaredTokens declared, SpecialNames names) {
        TokenizerFile file = TokenizerFile.parse(what, json);
        declared.addTo(file.added());
        file.added().requireApart(what);
        Vocabulary vocabulary = file.vocabulary();
        SpecialTokens special = names.resolve(vocabulary).within(vocabulary.size(), what);
        requireVisible(what, file);
        return new JsonTokenizer(
                what,
                library(what, file.text()),
                vocabulary,
                special,
                List.copyOf(file.added().notes()));
    }

    /// The same tokenizer with further lines to the user.
    JsonTokenizer noting(List<String> more) {
        List<String> all = Stream.concat(notes.stream(), more.stream()).toList();
        return new JsonTokenizer(what, djl, vocabulary, special, all);
    }

    /// A token that the normalizer makes empty would be found everywhere, inside characters, too.
    private static void requireVisible(String what, TokenizerFile file) {
        if (!file.normalizesTokens()) return;
        try (var normalizer = library(what, file.normalizerAlone())) {
            for (AddedToken token : file.added().byId().values()) {
                boolean seen = !token.normalized()
                        || normalizer.encode(token.content(), false, false).getIds().length > 0;
                TokenizerException.require(
                        seen,
                        what + ": added token '" + ModelRules.shown(token.content())
                                + "' is empty once it is normalized, expected a text that stays");
            }
        }
    }

    private static HuggingFaceTokenizer library(String what, String json) {
        try (var in = new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8))) {
            return HuggingFaceTokenizer.newInstance(in, OPTIONS);
        } catch (IOException | RuntimeException e) {
            throw new TokenizerException(what + ": is not a usable tokenizer: " + firstLine(e), e);
        }
    }

    /// How ids of BOS, EOS and PAD are found once the vocabulary is known.
    interface SpecialNames {
        SpecialTokens resolve(Vocabulary vocabulary);
    }

    @Override
    public TokenSpans spans(String text, boolean addSpecialTokens) {
        Encoding encoding = encoded(text, addSpecialTokens);
        long[] ids = encoding.getIds();
        @Nullable CharSpan[] spans = encoding.getCharTokenSpans();
        int[] out = new int[ids.length];
        int[] starts = new int[ids.length];
        int[] ends = new int[ids.length];
        var units = new UnitIndex(text);
        for (int i = 0; i < out.length; i++) {
            out[i] = (int) ids[i];
            CharSpan span = spans[i];
            if (span == null) continue;
            starts[i] = units.of(span.getStart());
            ends[i] = units.of(span.getEnd());
        }
        return new TokenSpans(out, starts, ends);
    }

    @Override
    public TokenPair pair(String first, String second) {
        Encoding encoding = tokenised(() -> djl.encode(unicode(first), unicode(second), true, false));
        return new TokenPair(ints(encoding.getIds()), ints(encoding.getTypeIds()), ints(encoding.getSequenceIds()));
    }

    private static int[] ints(long[] all) {
        return Arrays.stream(all).mapToInt(Math::toIntExact).toArray();
    }

    private Encoding encoded(String text, boolean addSpecialTokens) {
        return tokenised(() -> djl.encode(unicode(text), addSpecialTokens, false));
    }

    private Encoding tokenised(Supplier<Encoding> how) {
        try {
            return how.get();
        } catch (RuntimeException e) {
            throw new TokenizerException(what + ": cannot tokenise a text: " + firstLine(e), e);
        }
    }

    @Override
    public String decode(int[] ids, boolean skipSpecial) {
        long[] known =
                Arrays.stream(ids).filter(vocabulary::knows).mapToLong(id -> id).toArray();
        return known.length == 0 ? "" : djl.decode(known, skipSpecial);
    }

    @Override
    public int vocabSize() {
        return vocabulary.size();
    }

    @Override
    public String token(int id) {
        return vocabulary.token(id);
    }

    @Override
    public boolean hasToken(String token) {
        return vocabulary.has(token);
    }

    @Override
    public int id(String token) {
        return vocabulary.id(token);
    }

    @Override
    public boolean isSpecial(int id) {
        return vocabulary.isSpecial(id);
    }

    @Override
    public SpecialTokens special() {
        return special;
    }

    @Override
    public List<String> notes() {
        return notes;
    }

    /// Half of a surrogate pair has no UTF-8 form; a question mark takes its place.
    private static String unicode(String text) {
        if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) return text;
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
