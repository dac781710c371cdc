package dev.gradine.eval;

import dev.gradine.eval.document.Document;
import dev.gradine.eval.metric.Graded;
import dev.gradine.eval.metric.MetricInfo;
import dev.gradine.eval.metric.Point;
import dev.gradine.eval.model.LanguageModel;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import dev.gradine.eval.task.EvalTask;
import dev.gradine.eval.task.Prompts;
import dev.gradine.eval.task.Tasks;
import java.util.ArrayList;
import java.util.List;

/// Asks a model all items of a task and puts its answers together.
///
/// @param model who is asked
/// @param settings how
/// @param progress is told how far it is
public record Evaluation(LanguageModel model, Settings settings, Progress progress) {

    /// How items are asked.
    ///
    /// @param style how prompts are put together
    /// @param limit items of a task that are asked; 0 for all
    /// @param shotSeed of the draws of examples
    public record Settings(Prompts.Style style, int limit, long shotSeed) {

        /// All items as plain text, examples drawn with lm-evaluation-harness's seed.
        public static Settings defaults() {
            return new Settings(Prompts.Style.plain(), 0, 1234);
        }

        /// @throws IllegalArgumentException if the limit is negative
        public Settings {
            if (limit < 0) throw new IllegalArgumentException("limit: " + limit + ", expected at least 0");
        }
    }

    /// Is told how far an evaluation is.
    public interface Progress {

        /// So many items of a task have been answered.
        void at(String task, int done, int of);
    }

    /// Runs one task.
    ///
    /// @throws IllegalArgumentException if data are missing, or an answer is no number, naming the item
    public TaskResult run(Tasks.Found found) {
        EvalTask task = found.task();
        List<Document> all = task.data().documents(task.data().tested(), found.folders());
        List<Document> docs = settings.limit() == 0 ? all : all.subList(0, Math.min(all.size(), settings.limit()));
        List<List<Request>> requests = requests(found, docs);
        List<List<Response>> responses = model.answer(requests, done -> progress.at(task.name(), done, docs.size()));
        List<Sample> samples = new ArrayList<>();
        int equal = 0;
        for (int i = 0; i < docs.size(); i++) {
            requireFinite(task, docs.get(i), responses.get(i));
            if (allEqual(responses.get(i))) equal++;
            List<Graded> graded = task.question().grade(docs.get(i), responses.get(i));
            Object target = task.question().target(docs.get(i));
            samples.add(new Sample(docs.get(i), target, requests.get(i), responses.get(i), graded));
        }
        return new TaskResult(task, samples, scores(task, samples), all.size(), warnings(equal, samples.size()));
    }

    private List<List<Request>> requests(Tasks.Found found, List<Document> docs) {
        EvalTask task = found.task();
        Prompts prompts = new Prompts(task.wording(), settings.style());
        var shots = task.shots().open(task.data(), found.folders(), settings.shotSeed());
        List<List<Request>> all = new ArrayList<>();
        for (Document doc : docs) {
            String prompt = prompts.of(doc, shots.of(doc), model);
            all.add(task.question().requests(doc, prompt, prompts.delimiter(doc)));
        }
        return all;
    }

    private static void requireFinite(EvalTask task, Document doc, List<Response> responses) {
        for (int i = 0; i < responses.size(); i++) {
            if (!(responses.get(i) instanceof Response.Likelihood l) || Double.isFinite(l.logProb())) continue;
            throw new IllegalArgumentException(
                    "task %s: document %d: log-probability of answer %d is %s, expected a number: the model is broken"
                            .formatted(task.name(), doc.id(), i, l.logProb()));
        }
    }

    private static boolean allEqual(List<Response> responses) {
        return responses.size() > 1
                && responses.stream()
                                .map(r -> r instanceof Response.Likelihood l ? l.logProb() : 0)
                                .distinct()
                                .count()
                        == 1;
    }

    private static List<String> warnings(int equal, int items) {
        if (equal == 0) return List.of();
        return List.of(
                "%d of %d items: all choices have the same log-probability, and the first of them counts as chosen"
                        .formatted(equal, items));
    }

    private static List<Score> scores(EvalTask task, List<Sample> samples) {
        List<Score> scores = new ArrayList<>();
        if (samples.isEmpty()) return scores;
        for (int f = 0; f < samples.getFirst().graded().size(); f++) {
            int filter = f;
            for (MetricInfo m : task.question().metrics()) {
                List<Point> points = samples.stream()
                        .map(s -> s.graded().get(filter).points().get(m.name()))
                        .toList();
                String name = samples.getFirst().graded().get(filter).filter();
                scores.add(Score.of(m, name, points));
            }
        }
        return scores;
    }
}
