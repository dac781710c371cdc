package dev.gradine.eval.metric;

import dev.gradine.eval.document.Document;
import dev.gradine.eval.document.Field;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import dev.gradine.eval.model.Response.Likelihood;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// One answer whose log-probability is asked: `loglikelihood`, as in LAMBADA.
///
/// ```
/// perplexity = exp(−mean ll)            acc = every token of the answer is the likeliest
/// ```
///
/// @param target the answer
public record SingleLikelihood(Field target) implements Question {

    private static final MetricInfo PERPLEXITY = new MetricInfo("perplexity", Aggregate.PERPLEXITY, false);
    private static final MetricInfo ACC = new MetricInfo("acc", Aggregate.MEAN, true);

    @Override
    public String outputType() {
        return "loglikelihood";
    }

    @Override
    public List<Request> requests(Document doc, String context, String delimiter) {
        return List.of(new Request.LogLikelihood(context, target.text(doc)));
    }

    @Override
    public List<Graded> grade(Document doc, List<Response> answers) {
        if (!(answers.getFirst() instanceof Likelihood l))
            throw new IllegalArgumentException("loglikelihood: no value");
        SequencedMap<String, Point> points = new LinkedHashMap<>();
        points.put(PERPLEXITY.name(), Point.of(l.logProb()));
        points.put(ACC.name(), Point.of(l.greedy() ? 1 : 0));
        return List.of(new Graded(NO_FILTER, List.of(l.shown()), points));
    }

    @Override
    public Object target(Document doc) {
        return target.text(doc);
    }

    @Override
    public List<MetricInfo> metrics() {
        return List.of(PERPLEXITY, ACC);
    }
}
