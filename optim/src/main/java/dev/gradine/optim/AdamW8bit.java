package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.optim.Optimizer.Group;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.tensor.Shape;
import java.util.List;

/// AdamW whose moments are codes of eight bits: two bytes a value in the place of eight. Dettmers et al. 2022
/// (arXiv:2110.02861); formula and blocks as in bitsandbytes. See `AdamW` and `EightBit`.
///
/// @param moments m and v
/// @param min8bitSize parameters of fewer values keep f32
public record AdamW8bit(
        @Part Moments moments,

        @Option(
                says = "Parameters of fewer values keep their states in f32.",
                name = "min-8bit-size",
                label = "N",
                least = 0)
        int min8bitSize)
        implements UpdateRule {

    /// @throws IllegalArgumentException names the number that is out of range
    public AdamW8bit {
        require("min-8bit-size", min8bitSize, min8bitSize >= 0, "at least 0");
    }

    /// Those of bitsandbytes.
    public static AdamW8bit defaults() {
        return new AdamW8bit(Moments.USUAL, EightBit.USUAL_LEAST);
    }

    private EightBit states() {
        return new EightBit(new AdamW(moments, false), min8bitSize);
    }

    @Override
    public String name() {
        return "adamw-8bit";
    }

    @Override
    public List<String> notes(List<Group> groups) {
        return states().notes(groups);
    }

    @Override
    public List<Kept> keeps(String name, Shape shape) {
        return states().keeps(name, shape);
    }

    @Override
    public void update(Slot s, Turn turn) {
        states().update(s, turn);
    }
}
