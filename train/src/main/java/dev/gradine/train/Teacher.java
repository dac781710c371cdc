package dev.gradine.train;

import dev.gradine.align.Distill;
import dev.gradine.align.Recipe;
import dev.gradine.io.Fingerprint;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Policy;
import java.util.List;
import java.util.Map;

/// The model a recipe learns from, or is held near to, where it needs one; to be closed after the run.
///
/// @param policies one, or none
/// @param opened models that were opened for it
record Teacher(List<Policy> policies, List<OpenModel> opened) implements AutoCloseable {

    /// The teacher of a distillation is another model. That of fine-tuning is the model without adapter,
    /// which no method changes: even plain fine-tuning trains copies of the weights.
    ///
    /// @throws IllegalArgumentException if it has other tokens than the student
    static Teacher of(Recipe<?> recipe, OpenModel student) {
        if (!recipe.needsTeacher()) return new Teacher(List.of(), List.of());
        if (!(recipe instanceof Distill d)) return new Teacher(List.of(Policy.of(student.model())), List.of());
        OpenModel teacher = student.beside(d.teacher());
        int tokens = teacher.model().vocabSize();
        int expected = student.model().vocabSize();
        if (tokens == expected) return new Teacher(List.of(Policy.of(teacher.model())), List.of(teacher));
        teacher.close();
        throw new IllegalArgumentException("--teacher %s: has a vocabulary of %d, expected %d as the model has"
                .formatted(d.teacher(), tokens, expected));
    }

    /// What its files hold, for a run that resumes.
    Map<String, Object> contents() {
        if (opened.isEmpty()) return Map.of();
        return Map.of("content of the teacher", Fingerprint.of(opened.getFirst().checkpoint()));
    }

    @Override
    public void close() {
        opened.forEach(OpenModel::close);
    }
}
