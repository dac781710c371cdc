package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Selection;
import dev.gradine.peft.Targets;
import dev.gradine.settings.Settings;
import java.util.LinkedHashMap;
import java.util.Map;

/// What decides the result of a run, by name: for its report, and for the check that a run which resumes is the same.
final class RunDescription {

    private RunDescription() {}

    static Map<String, Object> of(RunSettings settings, Recipe<?> recipe, AdapterSet adapted, RunHost host) {
        TrainSettings train = settings.train();
        Map<String, Object> all = new LinkedHashMap<>(decisive(settings.files()));
        Map<String, Object> objective = options("recipe", recipe);
        adapter(adapted).forEach((name, value) -> all.put(apart(name, "adapter", objective), value));
        all.putAll(decisive(settings.batches()));
        all.putAll(decisive(train));
        all.put("schedule", train.schedule().name());
        all.putAll(options("schedule", train.schedule()));
        all.put("optimizer", train.optimizer().name());
        options("optimizer", train.optimizer())
                .forEach((name, value) -> all.put(apart(name, "optimizer", objective), value));
        all.putAll(decisive(settings.unattended()));
        all.putAll(host.settings());
        all.putAll(objective);
        if (recipe.reference().isThere()) {
            String name = Reference.of(settings, adapted, host).name();
            all.putAll(decisive(settings.reference().with(name)));
        }
        return all;
    }

    /// The name of a setting, with its owner's in front where the objective has one of the same name.
    private static String apart(String name, String owner, Map<String, Object> objective) {
        return objective.containsKey(name) ? owner + "-" + name : name;
    }

    private static Map<String, Object> adapter(AdapterSet adapted) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("adapter", adapted.method().name());
        all.putAll(options("method", adapted.method()));
        Selection where = adapted.selection();
        all.put("targets", where.targets().toString());
        if (!(where.exclude() instanceof Targets.None))
            all.put("exclude", where.exclude().stored());
        if (!where.layers().isEmpty()) all.put("layers", where.layers());
        if (!where.modulesToSave().isEmpty()) all.put("modules-to-save", where.modulesToSave());
        if (!where.bias().equals("none")) all.put("bias", where.bias());
        if (where.tokens().byModule().size() > 0)
            all.put("trainable-token-indices", where.tokens().toString());
        return all;
    }

    /// The options of a method, recipe or optimiser; one of a user's own that is no record tells its text.
    private static Map<String, Object> options(String kind, Object of) {
        return of instanceof Record r ? decisive(r) : Map.of(kind, of.toString());
    }

    private static <R extends Record> Map<String, Object> decisive(R record) {
        return Settings.of(record).writeDecisive(record);
    }
}
