"""Reading tables, types, missing values, scaling, splitting; the small data sets that come with pellucid."""
