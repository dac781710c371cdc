package dev.gradine.serve.api;

import dev.gradine.io.Json;
import dev.gradine.nn.generate.LogitChanges;
import dev.gradine.serve.http.ApiException;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// The fields that chats and completions have in common.
final class TextFields {

    private static final String UNBOUND = "texts are not bound to a grammar";
    private static final List<String> FORMS = List.of(
            "functions",
            "structured_outputs",
            "guided_json",
            "guided_regex",
            "guided_choice",
            "guided_grammar",
            "grammar",
            "json_schema");

    private static final int MOST_STOPS = 16;
    private static final int LONGEST_STOP = 1024; // characters
    private static final int MOST_ENDS = 256;
    private static final int SEED_BITS = 53; // what a number of JavaScript holds

    private final Fields f;
    private final int vocabulary;

    private TextFields(Fields f, int vocabulary) {
        this.f = f;
        this.vocabulary = vocabulary;
    }

    /// Reads them.
    ///
    /// @param vocabulary how many tokens the model has
    /// @param maxTokens already read, since its name differs
    /// @param maxTexts most texts for a prompt
    static TextOptions read(Fields f, int vocabulary, int maxTokens, int maxTexts) {
        TextFields t = new TextFields(f, vocabulary);
        t.refuse();
        f.accept("user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key");
        f.accept("prompt_cache_retention", "verbosity", "reasoning_effort");
        long drawn = ThreadLocalRandom.current().nextLong(1L << SEED_BITS);
        return new TextOptions(
                t.sampling(),
                t.changes(),
                maxTokens,
                t.stops(),
                t.stopTokens(),
                f.flag("ignore_eos", false),
                (int) f.whole("n", 1, maxTexts, 1),
                f.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE, drawn));
    }

    /// What would bind the text to a form, which cannot be done: to leave it out would be the worst answer.
    private void refuse() {
        for (String field : FORMS) {
            if (f.has(field)) throw ApiException.unsupported(field, field + " is not served: " + UNBOUND);
        }
        if (f.has("response_format")) {
            String type = f.object("response_format").text("type");
            if (!type.equals("text")) {
                String message = "response_format is %s, expected text: %s".formatted(Json.line(type), UNBOUND);
                throw ApiException.unsupported("response_format", message);
            }
        }
    }

    private SamplingParams sampling() {
        double temperature = f.number("temperature", 0, 2, 1);
        double topP = f.number("top_p", 0, 1, 1);
        if (topP == 0) throw f.wrong("top_p", f.value("top_p"), "a number above 0, up to 1");
        long topK = f.whole("top_k", -1, Integer.MAX_VALUE, 0);
        double minP = f.number("min_p", 0, 1, 0);
        if (minP == 1) throw f.wrong("min_p", f.value("min_p"), "a number of at least 0, below 1");
        return new SamplingParams(temperature, (int) Math.max(0, topK), topP, minP);
    }

    private LogitChanges changes() {
        float repetition = (float) f.number("repetition_penalty", 0, 100, 1);
        if (repetition == 0) {
            throw f.wrong("repetition_penalty", f.value("repetition_penalty"), "a number above 0, up to 100");
        }
        return new LogitChanges(
                bias(),
                repetition,
                (float) f.number("frequency_penalty", -2, 2, 0),
                (float) f.number("presence_penalty", -2, 2, 0),
                (int) f.whole("min_tokens", 0, Integer.MAX_VALUE, 0));
    }

    private Map<Integer, Float> bias() {
        if (!f.has("logit_bias")) return Map.of();
        Fields bias = f.object("logit_bias");
        Map<Integer, Float> all = new LinkedHashMap<>();
        for (String token : bias.names()) {
            int id = token.matches("\\d{1,9}") ? Integer.parseInt(token) : vocabulary;
            if (id >= vocabulary) {
                throw f.wrong("logit_bias", token, "ids of tokens, below %d, as names".formatted(vocabulary));
            }
            all.put(id, (float) bias.number(token, -100, 100, 0));
        }
        return all;
    }

    private List<String> stops() {
        Object value = f.value("stop");
        if (value == null) return List.of();
        List<?> all = value instanceof String s ? List.of(s) : f.list("stop");
        if (all.size() > MOST_STOPS) {
            String message = "stop has %d strings, expected at most %d".formatted(all.size(), MOST_STOPS);
            throw ApiException.value("stop", message);
        }
        return all.stream().map(this::stop).toList();
    }

    private String stop(Object value) {
        if (value instanceof String s && !s.isEmpty() && s.length() <= LONGEST_STOP) return s;
        throw f.wrong("stop", value, "strings of 1 to " + LONGEST_STOP + " characters");
    }

    private Set<Integer> stopTokens() {
        List<?> all = f.list("stop_token_ids");
        if (all.size() > MOST_ENDS) {
            String message = "stop_token_ids has %d ids, expected at most %d".formatted(all.size(), MOST_ENDS);
            throw ApiException.value("stop_token_ids", message);
        }
        Set<Integer> ids = new LinkedHashSet<>();
        for (Object id : all) ids.add(token(f, "stop_token_ids", id, vocabulary));
        return ids;
    }

    /// An id of a token.
    static int token(Fields f, String field, Object value, int vocabulary) {
        if (value instanceof Integer id && id >= 0 && id < vocabulary) return id;
        throw f.wrong(field, value, "ids of tokens, below " + vocabulary);
    }
}
