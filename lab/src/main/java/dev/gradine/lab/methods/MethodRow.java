package dev.gradine.lab.methods;

import dev.gradine.lab.page.PageRow;
import java.util.LinkedHashMap;
import java.util.Map;

/// What one method took and gained.
///
/// @param name of the method
/// @param options that are not its defaults, as a user types them; empty for none
/// @param cost what it takes
/// @param learnt what it gains
public record MethodRow(String name, String options, Cost cost, Learnt learnt) implements PageRow {

    /// What it takes.
    ///
    /// @param trained number of values
    /// @param peakMb most memory of its process by the end of training, in units of 1024² bytes
    /// @param tokensPerSecond of its cheapest step: by processor time, with all cores at work
    /// @param ofLora its speed by that of LoRA with its defaults; their steps were taken in turns
    public record Cost(long trained, double peakMb, double tokensPerSecond, double ofLora) {}

    /// What it gains.
    ///
    /// @param lr the one of the learning rates after which the loss was lowest
    /// @param before held-out loss of the base, nats per token
    /// @param after held-out loss after the steps
    public record Learnt(double lr, double before, double after) {}

    @Override
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("method", name);
        json.put("options", options);
        json.put("trained", cost.trained());
        json.put("peak_memory_mb", cost.peakMb());
        json.put("tokens_per_second", cost.tokensPerSecond());
        json.put("speed_of_lora", cost.ofLora());
        json.put("lr", learnt.lr());
        json.put("loss_before", learnt.before());
        json.put("loss_after", learnt.after());
        return json;
    }

    /// A row of what `json` gave.
    ///
    /// @throws IllegalArgumentException names what is missing
    public static MethodRow of(Map<String, Object> json) {
        Cost cost = new Cost(
                (long) PageRow.number(json, "trained"),
                PageRow.number(json, "peak_memory_mb"),
                PageRow.number(json, "tokens_per_second"),
                PageRow.number(json, "speed_of_lora"));
        Learnt learnt = new Learnt(
                PageRow.number(json, "lr"), PageRow.number(json, "loss_before"), PageRow.number(json, "loss_after"));
        return new MethodRow(PageRow.text(json, "method"), PageRow.text(json, "options"), cost, learnt);
    }
}
