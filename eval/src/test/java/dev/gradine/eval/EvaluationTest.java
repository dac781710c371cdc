package dev.gradine.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.chat.Message;
import dev.gradine.eval.document.DataFolders;
import dev.gradine.eval.model.LanguageModel;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import dev.gradine.eval.model.Response.Likelihood;
import dev.gradine.eval.task.Tasks;
import dev.gradine.testkit.Golden;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// A broken model does not score: what would choose the first of equals is told.
class EvaluationTest {

    /// Says the same number of everything.
    private record Stuck(double logProb) implements LanguageModel {
        @Override
        public String chat(List<Message> messages, boolean answering) {
            throw new IllegalStateException("not asked for");
        }

        @Override
        public List<List<Response>> answer(List<List<Request>> items, IntConsumer done) {
            return items.stream()
                    .map(item -> item.stream()
                            .map(r -> (Response) new Likelihood(logProb, false, 1))
                            .collect(Collectors.toList()))
                    .toList();
        }
    }

    private static TaskResult run(double logProb) {
        DataFolders data = new DataFolders(List.of(Golden.golden("lmeval/data")));
        return new Evaluation(new Stuck(logProb), Evaluation.Settings.defaults(), (_, _, _) -> {})
                .run(Tasks.find("truthfulqa_mc1", data));
    }

    @Test
    void a_log_probability_that_is_no_number_ends_the_evaluation_and_names_the_item() {
        for (double x : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
            assertThatThrownBy(() -> run(x))
                    .hasMessage("task truthfulqa_mc1: document 0: log-probability of answer 0 is %s, expected a number:"
                                    .formatted(x)
                            + " the model is broken");
        }
    }

    @Test
    void equal_choices_are_counted_in_a_warning() {
        TaskResult result = run(-1);
        assertThat(result.score("acc", "none").value()).isEqualTo(1); // the trap
        assertThat(result.warnings())
                .containsExactly(
                        "20 of 20 items: all choices have the same log-probability, and the first of them counts"
                                + " as chosen");
    }

    @Test
    void a_limit_asks_the_first_items() {
        DataFolders data = new DataFolders(List.of(Golden.golden("lmeval/data")));
        Evaluation.Settings two =
                new Evaluation.Settings(Evaluation.Settings.defaults().style(), 2, 1234);
        TaskResult result = new Evaluation(new Stuck(-1), two, (_, _, _) -> {}).run(Tasks.find("truthfulqa_mc2", data));
        assertThat(result.samples()).extracting(s -> s.doc().id()).containsExactly(0, 1);
        assertThat(result.documents()).isEqualTo(20);
    }
}
