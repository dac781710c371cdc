package dev.gradine.data.token;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A `tokenizer.json`, run by the Rust tokenizers library through DJL.
///
/// The vocabulary and the list of special tokens are read from the JSON itself, because DJL does not expose them.
public final class JsonTokenizer implements Tokenizer {
    /// DJL truncates to 512 tokens unless told otherwise.
    private static final Map<String, String> OPTIONS = Map.of("truncation", "false", "padding", "false");

    private final HuggingFaceTokenizer djl;
    private final Vocabulary vocabulary;
    private final SpecialTokens special;

    private JsonTokenizer(HuggingFaceTokenizer djl, Vocabulary vocabulary, SpecialTokens special) {
        this.djl = djl;
        this.vocabulary = vocabulary;
        this.special = special;
    }

    /// Reads the text of a `tokenizer.json`.
    ///
    /// @param what file or source, named in errors
    /// @throws TokenizerException if the text is not a tokenizer
    public static JsonTokenizer parse(String what, String json, SpecialTokens special) {
        return parse(what, json, _ -> special);
    }

    /// Reads the text of a `tokenizer.json` whose special tokens are known by name.
    static JsonTokenizer parse(String what, String json, SpecialNames names) {
        Vocabulary vocabulary = vocabulary(what, tree(what, json));
        SpecialTokens special = names.resolve(vocabulary).within(vocabulary.size(), what);
        try (var in = new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8))) {
            return new JsonTokenizer(HuggingFaceTokenizer.newInstance(in, OPTIONS), vocabulary, special);
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
        Encoding encoding = djl.encode(unicode(text), addSpecialTokens, false);
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
    public String decode(int[] ids, boolean skipSpecial) {
        long[] wide = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            vocabulary.check(ids[i]);
            wide[i] = ids[i];
        }
        return djl.decode(wide, skipSpecial);
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

    /// Half of a surrogate pair has no UTF-8 form; a question mark takes its place.
    private static String unicode(String text) {
        if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) return text;
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    private static JsonNode tree(String what, String json) {
        try {
            return JsonMapper.shared().readTree(json);
        } catch (JacksonException e) {
            throw new TokenizerException(what + ": is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static Vocabulary vocabulary(String what, JsonNode root) {
        JsonNode model = root.path("model").path("vocab");
        TokenizerException.require(
                model.isObject() || model.isArray(), what + ": field model.vocab is missing, expected a vocabulary");
        JsonNode added = root.path("added_tokens");
        int size = model.isArray() ? model.size() : 0;
        for (var e : model.properties()) size = Math.max(size, checkedId(what, e.getValue()) + 1);
        for (JsonNode a : added) size = Math.max(size, checkedId(what, a.path("id")) + 1);
        String[] tokens = new String[size];
        Arrays.fill(tokens, "");
        BitSet special = new BitSet();
        if (model.isArray())
            for (int i = 0; i < model.size(); i++)
                tokens[i] = model.get(i).path(0).asString("");
        for (var e : model.properties()) tokens[e.getValue().asInt()] = e.getKey();
        for (JsonNode a : added) {
            tokens[a.path("id").asInt()] = a.path("content").asString("");
            special.set(a.path("id").asInt(), a.path("special").asBoolean(false));
        }
        return new Vocabulary(what, tokens, special);
    }

    private static int checkedId(String what, JsonNode id) {
        if (id.isInt() && id.asInt() >= 0 && id.asInt() < 1 << 24) return id.asInt();
        throw new TokenizerException(what + ": token id is " + id + ", expected 0 to " + ((1 << 24) - 1));
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
