// Layers as Python fills them in: the kernels' record with the lists that it points to.
#pragma once

#include <vector>

#include "session.hpp"

namespace pellucid {

struct LayerRecord : PellucidLayer {
    std::vector<PellucidUnit> units;
    std::vector<unsigned char> masks;  // rows of n_out; empty: no mask
};

// The kernels' records, as long as `from` lives. Lists that would be read beyond their ends are refused.
inline std::vector<PellucidLayer> plain_layers(const std::vector<LayerRecord>& from) {
    std::vector<PellucidLayer> layers;
    for (const LayerRecord& record : from) {
        PellucidLayer layer = record;
        refuse_if(!record.units.empty() && (long long)record.units.size() != layer.n_out, "not one record a unit");
        refuse_if(!record.masks.empty() && (long long)record.masks.size() != (long long)layer.n_in * layer.n_out,
                  "a mask has not the shape of the weights");
        layer.unit = record.units.empty() ? nullptr : record.units.data();
        layer.mask = record.masks.empty() ? nullptr : record.masks.data();
        layers.push_back(layer);
    }
    return layers;
}

}  // namespace pellucid
