package dev.gradine.peft;

import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import java.util.List;
import java.util.regex.Matcher;

/// Where a model is adapted.
///
/// @param targets which layers get an adapter
/// @param exclude layers that get none although they are targets; names or suffixes
/// @param layers numbers of the blocks to adapt; empty for all
/// @param layersPattern name of the list of blocks, such as `layers`; empty for any
/// @param modulesToSave modules of which a whole copy is trained
public record Selection(
        Targets targets,
        List<String> exclude,
        List<Integer> layers,
        List<String> layersPattern,
        List<String> modulesToSave) {

    /// @throws AdapterException if layers are given with a regular expression
    public Selection {
        if (!layers.isEmpty() && targets instanceof Targets.Regex) {
            throw new AdapterException(
                    "targets: layers are given with a regular expression, expected a list of targets");
        }
    }

    /// All of `targets`.
    public static Selection of(Targets targets) {
        return new Selection(targets, List.of(), List.of(), List.of(), List.of());
    }

    /// All of the targets in `text`, as a user writes them.
    public static Selection of(String text) {
        return of(Targets.parse(text));
    }

    /// Whether the layer at `site` gets an adapter.
    boolean adapts(Site site) {
        return (site instanceof Linear || !(targets instanceof Targets.AllLinear)) && adapts(site.path());
    }

    /// Whether the layer at `path` gets an adapter.
    boolean adapts(String path) {
        boolean excluded = !exclude.isEmpty() && new Targets.Suffixes(exclude).matches(path);
        return !saves(path) && !excluded && targets.matches(path) && (layers.isEmpty() || inLayers(path));
    }

    /// Whether a whole copy of the module at `path` is trained.
    boolean saves(String path) {
        return !modulesToSave.isEmpty() && new Targets.Suffixes(modulesToSave).matches(path);
    }

    private boolean inLayers(String path) {
        List<String> names = layersPattern.isEmpty() ? List.of("[^.]*") : layersPattern;
        for (String name : names) {
            Matcher m =
                    Targets.pattern(".*?\\." + name + "\\.(\\d+)\\..*", name).matcher(path);
            if (m.matches()) return layers.contains(Integer.parseInt(m.group(1)));
        }
        return false;
    }
}
