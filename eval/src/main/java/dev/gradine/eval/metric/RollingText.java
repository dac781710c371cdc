package dev.gradine.eval.metric;

import dev.gradine.eval.document.Document;
import dev.gradine.eval.document.Field;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import dev.gradine.eval.model.Response.Likelihood;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.regex.Pattern;

/// How likely a whole text is: `loglikelihood_rolling`.
///
/// ```
/// word_perplexity  = exp(−Σll / Σwords)       words: pieces between white space, an empty one in front counts
/// byte_perplexity  = exp(−Σll / Σbytes)       bits_per_byte = −Σll / Σbytes / ln 2
/// token_perplexity = exp(−Σll / Σtokens)      ours: to be compared only where the tokenizer is the same
/// ```
///
/// Sums go over all documents before they are divided.
///
/// @param target the text of a document
public record RollingText(Field target) implements Question {

    private static final Pattern SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

    private static final MetricInfo WORDS = new MetricInfo("word_perplexity", Aggregate.WEIGHTED_PERPLEXITY, false);
    private static final MetricInfo BYTES = new MetricInfo("byte_perplexity", Aggregate.WEIGHTED_PERPLEXITY, false);
    private static final MetricInfo BITS = new MetricInfo("bits_per_byte", Aggregate.BITS_PER_BYTE, false);
    private static final MetricInfo TOKENS = new MetricInfo("token_perplexity", Aggregate.WEIGHTED_PERPLEXITY, false);

    @Override
    public String outputType() {
        return "loglikelihood_rolling";
    }

    @Override
    public List<Request> requests(Document doc, String context, String delimiter) {
        return List.of(new Request.Rolling(target.text(doc)));
    }

    @Override
    public List<Graded> grade(Document doc, List<Response> answers) {
        if (!(answers.getFirst() instanceof Likelihood l)) throw new IllegalArgumentException("rolling: no value");
        String text = target.text(doc);
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        SequencedMap<String, Point> points = new LinkedHashMap<>();
        points.put(WORDS.name(), new Point(l.logProb(), SPACE.split(text, -1).length));
        points.put(BYTES.name(), new Point(l.logProb(), bytes));
        points.put(BITS.name(), new Point(l.logProb(), bytes));
        points.put(TOKENS.name(), new Point(l.logProb(), l.tokens()));
        return List.of(new Graded(NO_FILTER, List.of(l.logProb()), points));
    }

    @Override
    public Object target(Document doc) {
        return target.text(doc);
    }

    @Override
    public List<MetricInfo> metrics() {
        return List.of(WORDS, BYTES, BITS, TOKENS);
    }
}
