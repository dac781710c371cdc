package dev.gradine.autograd;

import dev.gradine.tensor.Tensor;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The tensors that an op's `Saved` record lists, and so those its backward may read.
///
/// The record is the op's own statement of what it keeps, and the compiler holds the op to it: `backward` is given
/// nothing else. So the tape reads the statement where it stands, instead of asking for it a second time.
final class SavedTensors {

    private static final ClassValue<List<Method>> COMPONENTS = new ClassValue<>() {
        @Override
        protected List<Method> computeValue(Class<?> type) {
            List<Method> all = new ArrayList<>();
            for (RecordComponent c : type.getRecordComponents()) {
                c.getAccessor().setAccessible(true);
                all.add(c.getAccessor());
            }
            return all;
        }
    };

    private SavedTensors() {}

    /// Those of a record, in it or in lists and records within it, each as the tensor whose memory it is, once.
    static List<Tensor> of(Record saved) {
        List<Tensor> all = new ArrayList<>();
        collect(saved, all);
        return all;
    }

    private static void collect(@Nullable Object o, List<Tensor> into) {
        switch (o) {
            case Tensor t -> addOnce(into, t.whole());
            case Iterable<?> list -> list.forEach(e -> collect(e, into));
            case Record r -> COMPONENTS.get(r.getClass()).forEach(c -> collect(value(c, r), into));
            case null, default -> {}
        }
    }

    private static @Nullable Object value(Method component, Record r) {
        try {
            return component.invoke(r);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("tape: " + component + " cannot be read", e);
        }
    }

    /// Adds `t` unless it is in the list already.
    static void addOnce(List<Tensor> list, Tensor t) {
        for (Tensor have : list) if (have == t) return;
        list.add(t);
    }
}
