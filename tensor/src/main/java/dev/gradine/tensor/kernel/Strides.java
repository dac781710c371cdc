package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Where an array of values lies in a tensor: value `[i, j, …]` at place `offset + i · steps₀ + j · steps₁ + …`
///
/// @param offset place of the first value
/// @param steps distance between neighbours along each axis; 0 repeats one value along it
public record Strides(int offset, List<Integer> steps) {

    /// Rejects negative numbers.
    public Strides {
        steps = List.copyOf(steps);
        if (offset < 0 || steps.stream().anyMatch(s -> s < 0)) {
            throw new IllegalArgumentException("strides: " + offset + " + " + steps + ", expected none below 0");
        }
    }

    /// Of all values of a tensor of `shape`.
    public static Strides of(Shape shape) {
        List<Integer> steps = new ArrayList<>();
        int step = 1;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            steps.add(step);
            step *= shape.dim(axis);
        }
        Collections.reverse(steps);
        return new Strides(0, steps);
    }

    /// The same with the axes in another order: axis i is what was axis `order[i]`.
    public Strides permuted(List<Integer> order) {
        return new Strides(offset, order.stream().map(steps::get).toList());
    }

    /// The same, starting at index `first` of `axis`.
    public Strides from(int axis, int first) {
        return new Strides(offset + first * steps.get(axis), steps);
    }

    /// The place of the last of `extents` values; −1 if there are none.
    public long last(Shape extents) {
        if (extents.size() == 0) return -1;
        long place = offset;
        for (int axis = 0; axis < extents.rank(); axis++) place += (extents.dim(axis) - 1L) * steps.get(axis);
        return place;
    }
}
