package dev.gradine.cli.demo;

import java.io.PrintWriter;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// Prints what was measured, one column a state of the model.
///
/// @param print where to
/// @param names of the states
/// @param scores of the states, as many
public record DemoTable(PrintWriter print, List<String> names, List<Scores> scores) {

    private static final int LABEL = 46;

    /// The figures.
    ///
    /// @param pairs how many held-out pairs there were
    /// @param stories how many stories were told for each state
    public void figures(int pairs, int stories) {
        StringBuilder head = new StringBuilder(" ".repeat(LABEL));
        for (String name : names) head.append("%11s".formatted(name));
        print.println(head);
        row("loss on held-out endings, nats a token", "%11.4f", Scores::heldLoss);
        row("stories the model ends, %% of %d".formatted(stories), "%11.1f", s -> 100 * s.ending());
        row("stories in which somebody speaks, %% of %d".formatted(stories), "%11.1f", s -> 100 * s.speaking());
        row("speaking story likelier, %% of %d pairs".formatted(pairs), "%11.1f", s -> 100 * s.likelier());
        row("speaking story gained since sft, % of them", "%11.1f", s -> 100 * s.rewarded());
        row("loss on whole stories, nats a token", "%11.4f", Scores::baseLoss);
    }

    private void row(String label, String format, ToDoubleFunction<Scores> value) {
        StringBuilder line = new StringBuilder("%%-%ds".formatted(LABEL).formatted(label));
        for (Scores s : scores) line.append(format.formatted(value.applyAsDouble(s)));
        print.println(line);
    }

    /// The stories, state under state.
    public void stories() {
        for (int i = 0; i < scores.getFirst().stories().size(); i++) {
            print.println();
            print.println("> " + scores.getFirst().stories().get(i).prompt());
            for (int s = 0; s < scores.size(); s++) {
                Storyteller.Story story = scores.get(s).stories().get(i);
                String text = story.text().strip().replaceAll("\\s+", " ") + (story.ended() ? "" : " ...");
                print.println("%-10s %s".formatted(names.get(s), text));
            }
        }
    }
}
