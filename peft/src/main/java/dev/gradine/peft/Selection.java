package dev.gradine.peft;

import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import java.util.ArrayList;
import java.util.List;

/// Where a model is adapted, by PEFT's rules.
///
/// A target is adapted unless it is excluded or part of a module that is trained whole. Numbers of blocks restrict
/// targets that are given by the end of their path; a target given by its whole path is adapted in any case.
///
/// @param targets which layers get an adapter
/// @param exclude layers that get none although they are targets
/// @param layers numbers of the blocks to adapt; empty for all
/// @param layersPattern names of the list of blocks, such as `layers`, regular expressions; empty for any
/// @param modulesToSave modules of which a whole copy is trained: all whose path ends with one of these texts, so that
///     `norm` is `input_layernorm`, too
/// @param beside what else of the base is trained
public record Selection(
        Targets targets,
        Targets exclude,
        List<Integer> layers,
        List<String> layersPattern,
        List<String> modulesToSave,
        Beside beside) {

    /// No bias of the base is trained.
    static final String NO_BIAS = "none";

    private static final String ALL_BIASES = "all";

    /// @throws AdapterException if layers are given with a regular expression, or a pattern or bias is none
    public Selection {
        if (!layers.isEmpty() && targets instanceof Targets.Regex) {
            throw new AdapterException(
                    "targets: layers are given with a regular expression, expected a list of targets");
        }
        if (modulesToSave.contains("")) throw new AdapterException("modules_to_save: an empty name, expected a module");
    }

    /// Which biases of the base are trained.
    public String bias() {
        return beside.bias();
    }

    /// Tokens that have trained rows.
    public TokenIndices tokens() {
        return beside.tokens();
    }

    /// What `bias` may be.
    static final String BIASES = "none, all or, for the layers adapted, a name that ends with _only";

    /// Whether `bias` may be this.
    static boolean isBias(String text) {
        return text.equals(NO_BIAS) || text.equals(ALL_BIASES) || text.endsWith("_only");
    }

    /// All of `targets`.
    public static Selection of(Targets targets) {
        return new Selection(targets, new Targets.None(), List.of(), List.of(), List.of(), Beside.NOTHING);
    }

    /// The same with these biases of the base trained.
    Selection training(String biases) {
        return with(new Beside(biases, tokens()));
    }

    /// The same with trained rows of these tokens.
    Selection training(TokenIndices tokens) {
        return with(new Beside(bias(), tokens));
    }

    private Selection with(Beside other) {
        return new Selection(targets, exclude, layers, layersPattern, modulesToSave, other);
    }

    /// The same with names in the place of what is usual for the model's family, and with what no model of its task
    /// has learnt.
    Selection of(Model model, Method method) {
        Selection named = targets instanceof Targets.OfFamily ? with(method.usualTargets(model)) : this;
        List<String> saved = new ArrayList<>(modulesToSave);
        model.untrained().stream().filter(m -> !saves(m)).forEach(saved::add);
        return new Selection(named.targets, exclude, layers, layersPattern, saved, beside);
    }

    /// The same of other targets.
    Selection with(Targets others) {
        return new Selection(others, exclude, layers, layersPattern, modulesToSave, beside);
    }

    /// All of the targets in `text`, as a user writes them.
    public static Selection of(String text) {
        return of(Targets.parse(text));
    }

    /// The same and the module at `path`: as a target where the one at `like` is one, as a copy where that is one.
    Selection with(String path, String like) {
        List<String> saved = new ArrayList<>(modulesToSave);
        if (saves(like)) saved.add(path);
        Targets all = adapts(like) ? targets.and(path) : targets;
        return new Selection(all, exclude, layers, layersPattern, saved, beside);
    }

    /// The same, but for these modules to save.
    Selection without(List<String> modules) {
        List<String> others =
                modulesToSave.stream().filter(m -> !modules.contains(m)).toList();
        return new Selection(targets, exclude, layers, layersPattern, others, beside);
    }

    /// Whether the layer at `site` gets an adapter.
    boolean adapts(Site site) {
        return (site instanceof Linear || !(targets instanceof Targets.AllLinear)) && adapts(site.path());
    }

    /// Whether the layer at `path` gets an adapter.
    boolean adapts(String path) {
        return targets.matches(path) && !exclude.matches(path) && !isWithinSaved(path) && isInLayers(path);
    }

    /// Whether this is a bias of the base that is trained.
    ///
    /// @param adapted whether its layer has an adapter
    boolean trainsBias(Weight weight, boolean adapted) {
        boolean meant = bias().equals(ALL_BIASES) || (adapted && !bias().equals(NO_BIAS));
        return meant && weight.path().endsWith(".bias");
    }

    /// Whether a whole copy of the module at `path` is trained, of itself or with a module around it.
    boolean saves(String path) {
        return modulesToSave.stream().anyMatch(m -> saves(m, path));
    }

    /// Whether `module`, one of those to save, takes in the module at `path`.
    static boolean saves(String module, String path) {
        for (int end = path.length(); end > 0; end = path.lastIndexOf('.', end - 1)) {
            if (path.startsWith(module, end - module.length())) return true;
        }
        return false;
    }

    /// PEFT's own test of that, by whole names: what it does not find is adapted and copied.
    private boolean isWithinSaved(String path) {
        return modulesToSave.stream()
                .anyMatch(m -> PythonRegex.of("modules_to_save", "(^|.*\\.)", m, "($|\\..*)")
                        .matchesStart(path));
    }

    private boolean isInLayers(String path) {
        if (layers.isEmpty()) return true;
        if (targets instanceof Targets.Suffixes s && s.names().contains(path)) return true;
        if (layersPattern.isEmpty())
            return isIn(PythonRegex.of("layers_pattern", ".*?\\.[^.]*\\.(?P<idx>\\d+)\\."), path);
        for (String name : layersPattern) {
            PythonRegex r = PythonRegex.of("layers_pattern", "(?:^|.*?\\.)", name, "\\.(?P<idx>\\d+)\\.");
            if (r.matchesStart(path)) return isIn(r, path);
        }
        return false;
    }

    private boolean isIn(PythonRegex numbered, String path) {
        String number = numbered.group(path, "idx");
        return number != null && number.length() < 10 && layers.contains(Integer.parseInt(number));
    }
}
