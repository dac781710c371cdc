package dev.gradine.serve;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.generate.Mixing;
import dev.gradine.peft.RowAdapters;
import java.util.List;

/// Adapters of a step. Mostly they are those of the step before, and need not be looked through again.
final class KnownAdapters implements Mixing {

    private List<Adapters> last = List.of();
    private Adapters made = Adapters.NONE;

    @Override
    public Adapters of(List<Adapters> each) {
        if (!each.equals(last)) {
            made = RowAdapters.of(each);
            last = List.copyOf(each);
        }
        return made;
    }
}
