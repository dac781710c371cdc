package dev.gradine.lab.objectives;

import dev.gradine.lab.page.PageRow;
import java.util.LinkedHashMap;
import java.util.Map;

/// What one objective took and gained.
///
/// @param name of the objective
/// @param options that are not its defaults, as a user types them; empty for none
/// @param cost what it takes
/// @param preference how it tells the chosen from the rejected answer
/// @param before what the base says
/// @param after what the trained model says
public record ObjectiveRow(String name, String options, Cost cost, Preference preference, Speech before, Speech after)
        implements PageRow {

    /// What it takes.
    ///
    /// @param lr learning rate
    /// @param seconds of training: processor time by the number of cores
    /// @param peakMb most memory of its process by the end of training, in units of 1024² bytes
    public record Cost(double lr, double seconds, double peakMb) {}

    /// Pairs held out. An answer gains `g = log p − log p_base`.
    ///
    /// @param before share of pairs whose chosen answer scores higher, before training, a tie counting half; by the
    ///     score of the objective
    /// @param after the same after training
    /// @param gained share of pairs whose chosen answer gained more than the rejected one
    /// @param margin mean of `g⁺ − g⁻`, nats
    public record Preference(double before, double after, double gained, double margin) {}

    /// What a model says.
    ///
    /// @param kl to the base, estimated from its own answers to the prompts held out, nats per answer
    /// @param length of these answers, tokens
    /// @param textLoss on text that has nothing to do with the rows, nats per token
    public record Speech(double kl, double length, double textLoss) {}

    @Override
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("objective", name);
        json.put("options", options);
        json.put("lr", cost.lr());
        json.put("seconds", cost.seconds());
        json.put("peak_memory_mb", cost.peakMb());
        json.put("accuracy_before", preference.before());
        json.put("accuracy_after", preference.after());
        json.put("accuracy_of_gains", preference.gained());
        json.put("margin", preference.margin());
        json.put("kl", after.kl());
        json.put("length_before", before.length());
        json.put("length_after", after.length());
        json.put("text_loss_before", before.textLoss());
        json.put("text_loss_after", after.textLoss());
        return json;
    }

    /// A row of what `json` gave.
    ///
    /// @throws IllegalArgumentException names what is missing
    public static ObjectiveRow of(Map<String, Object> json) {
        Cost cost = new Cost(number(json, "lr"), number(json, "seconds"), number(json, "peak_memory_mb"));
        Preference preference = new Preference(
                number(json, "accuracy_before"),
                number(json, "accuracy_after"),
                number(json, "accuracy_of_gains"),
                number(json, "margin"));
        Speech before = new Speech(0, number(json, "length_before"), number(json, "text_loss_before"));
        Speech after = new Speech(number(json, "kl"), number(json, "length_after"), number(json, "text_loss_after"));
        return new ObjectiveRow(
                PageRow.text(json, "objective"), PageRow.text(json, "options"), cost, preference, before, after);
    }

    private static double number(Map<String, Object> json, String name) {
        return PageRow.number(json, name);
    }
}
